import t from 'tap';
import { conformDocker } from '../../../../../agent/src/scan/runtime/docker/corpus.ts';
import { fieldOf, identityOf } from '../../../../../agent/src/scan/runtime/docker/identity.ts';

const named = { names: ['servo-u-1', 'alias'], labels: { uid: 'u-2' }, env: ['UID=u-3', 'XUID=u-9'] };

t.test('by label, variable or name', async (t) => {
  t.equal(identityOf({ from: 'label', label: 'uid' }, named), 'u-2');
  t.equal(identityOf({ from: 'environment', variable: 'UID' }, named), 'u-3');
  t.equal(identityOf({ from: 'name', prefix: 'servo-' }, named), 'u-1');
  t.equal(identityOf({ from: 'name' }, named), 'servo-u-1 alias', 'two names are no one uid');
  for (const identity of [
    { from: 'label', label: 'toString' },
    { from: 'environment', variable: 'OTHER' },
    { from: 'name', prefix: 'x-' },
  ] as const)
    t.equal(identityOf(identity, named), undefined, fieldOf(identity));
});

t.test('the corpus tells identities apart, and holds what is read', async (t) => {
  const made = (['label', 'environment', 'name'] as const).map((from) => {
    const identity = { from, label: 'uid', variable: 'UID', prefix: 'p-' };
    return new Map(conformDocker(identity).map(({ item, made }) => [item, made]));
  });
  for (const one of made) {
    t.equal(one.get('identity'), 'u-1');
    t.equal(one.get('short id'), 'unread');
    t.equal(one.get('identity missing') ?? null, null);
  }
  t.match(made[0]?.get('inspected'), { policy: { name: 'on-failure', retries: 3 } });
});
