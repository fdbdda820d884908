// What a network does to messages, of one host or of all.
import type { Weather } from '../net/weather.ts';
import { everybody, onHost, someHost, type FaultRule, type Given } from './fault.ts';

function weather(given: Given, what: Partial<Weather>, detail: string): ReturnType<FaultRule> {
  const { world, rng, id } = given;
  const host = rng.chance(0.25) ? undefined : someHost(given);
  given.begin(host === undefined ? everybody : onHost(host), detail);
  world.weathers.set(id, { host: host?.machine.name, weather: what });
  return () => world.weathers.delete(id);
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const loss: FaultRule = (given) => {
  const share = 0.05 + given.rng.share() * 0.5;
  return weather(given, { loss: share }, `${percent(share)} of messages are lost`);
};

export const duplication: FaultRule = (given) => {
  const share = 0.1 + given.rng.share() * 0.6;
  return weather(given, { duplication: share }, `${percent(share)} of messages come twice`);
};

export const delay: FaultRule = (given) => {
  const delayMs = given.rng.pick([800, 3000, 6000, 20_000, 150_000]);
  return weather(given, { delayMs }, `messages take up to ${delayMs} ms`);
};

export const reordering: FaultRule = (given) => {
  const share = 0.1 + given.rng.share() * 0.6;
  return weather(given, { reordering: share }, `${percent(share)} of messages are overtaken`);
};

export const oneWayPartition: FaultRule = (given) =>
  given.rng.chance(0.5)
    ? weather(given, { upCut: true }, 'nothing goes from host to coordinator')
    : weather(given, { downCut: true }, 'nothing comes from coordinator to host');

export const partition: FaultRule = (given) =>
  weather(given, { upCut: true, downCut: true }, 'host and coordinator do not reach each other');
