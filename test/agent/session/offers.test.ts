import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { Welcome } from '@servo-auditor/proto/wire.ts';
import { Offers } from '../../../agent/src/session/offers.ts';
import { hash } from '../support/orders.ts';

const offer = {
  installation: parseId('installation', 'second'),
  epoch: parseEpoch(4),
  decision: { version: 9, hash: hash('9') },
};

t.test('the last one is kept for the operator, and written only when it is another one', (t) => {
  const directory = t.testdir();
  const file = join(directory, 'offer.json');
  const offers = new Offers(directory);
  t.equal(offers.last(), undefined);
  offers.note(offer as Welcome);
  const { ino } = statSync(file);
  offers.note(offer as Welcome);
  t.equal(statSync(file).ino, ino, 'no disk write');
  t.strictSame(new Offers(directory).last(), offer);
  offers.note({ ...offer, epoch: parseEpoch(5) } as Welcome);
  t.equal(offers.last()?.epoch, 5);
  offers.clear();
  t.equal(offers.last(), undefined);
  offers.note({ ...offer, epoch: parseEpoch(5) } as Welcome);
  t.equal(offers.last()?.epoch, 5, 'what was cleared is noted again');
  const whole = JSON.stringify(offer);
  for (const text of [
    '',
    'null',
    '[]',
    '{"installation":"second"}',
    whole.slice(0, -1),
    whole.replace('4', '"4"'),
    whole.replace('9', '0.5'),
  ]) {
    writeFileSync(file, text);
    t.throws(() => offers.last(), {
      message: `${file} holds no offer: remove it, and let the coordinator call again`,
    });
  }
  t.end();
});
