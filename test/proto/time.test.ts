import t from 'tap';
import { parseId } from '../../proto/src/ids.ts';
import { stalenessMs, type Instant, type Now } from '../../proto/src/time.ts';

const bootId = parseId('boot', 'b1');
const since: Instant = { bootId, monoMs: 1000, bootMs: 2000, wallMs: 3000 };
const after = (mono: number, boot: number, wall: number): Now => ({
  bootId,
  monoMs: since.monoMs + mono,
  bootMs: since.bootMs + boot,
  wallMs: since.wallMs + wall,
  waitMs: 0,
});

t.test('a staleness is the largest elapse of any clock', (t) => {
  t.equal(stalenessMs(since, after(5, 5, 5)), 5);
  t.equal(stalenessMs(since, after(5, 900, 5)), 900, 'a suspend');
  t.equal(stalenessMs(since, after(5, 5, 900)), 900, 'the wall clock jumped ahead');
  t.equal(stalenessMs(since, after(5, 5, -900)), 5, 'the wall clock jumped back');
  t.equal(stalenessMs(since, after(-1, -1, -1)), 0, 'never negative');
  t.end();
});

t.test('across boots it is infinite', (t) => {
  t.equal(stalenessMs(since, { ...after(0, 0, 0), bootId: parseId('boot', 'b2') }), Infinity);
  t.end();
});
