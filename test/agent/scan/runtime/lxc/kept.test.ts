// The edit of a guest's configuration, on real files.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readGuest } from '../../../../../agent/src/scan/runtime/lxc/guest.ts';
import {
  addBlock,
  hasBlock,
  originalName,
  removeBlock,
} from '../../../../../agent/src/scan/runtime/lxc/kept.ts';

const before = 'lxc.uts.name = g\nlxc.start.auto = 1\nlxc.group = onboot\nlxc.environment = A=1\n';

function aGuest(t: Test, text = before) {
  const root = t.testdir({ g: { rootfs: {}, config: '' } });
  const path = join(root, 'g');
  const file = join(path, 'config');
  writeFileSync(file, `lxc.rootfs.path = dir:${join(path, 'rootfs')}\n${text}`);
  chmodSync(file, 0o640);
  const now = () => {
    const read = readGuest(root, 'g');
    if (read.kind !== 'guest') throw new Error(JSON.stringify(read));
    return read.guest;
  };
  return { root, path, file, now, text: () => readFileSync(file, 'utf8') };
}

t.test('nothing starts a kept guest, and everything is as it was afterwards', (t) => {
  const guest = aGuest(t);
  const { incarnation } = guest.now();
  const text = guest.text();
  const { ino } = statSync(guest.file);
  addBlock(guest.path);
  const kept = guest.now();
  t.equal(kept.config.get('lxc.start.auto'), '0');
  t.strictSame(kept.config.all('lxc.group'), ['servo-auditor.quarantine']);
  t.equal(kept.environment['A'], '1', 'the rest stands');
  t.equal(kept.incarnation, incarnation, 'it is the same servo');
  t.not(statSync(guest.file).ino, ino, 'by a new file');
  t.equal(statSync(guest.file).mode & 0o777, 0o640);
  addBlock(guest.path);
  t.equal(guest.text(), kept.text, 'twice is as good as once');
  removeBlock(guest.path);
  removeBlock(guest.path);
  t.equal(guest.text(), text);
  t.equal(statSync(guest.file).ino, ino);
  t.equal(guest.now().incarnation, incarnation);
  t.notOk(existsSync(join(guest.path, originalName)));
  t.end();
});

t.test('a file without a last line break', (t) => {
  const guest = aGuest(t, 'lxc.start.auto = 1');
  const text = guest.text();
  addBlock(guest.path);
  t.equal(guest.now().config.get('lxc.start.auto'), '0');
  removeBlock(guest.path);
  t.equal(guest.text(), text);
  t.end();
});

t.test('broken off between its two steps', (t) => {
  const guest = aGuest(t);
  const { incarnation } = guest.now();
  linkSync(guest.file, join(guest.path, originalName));
  t.equal(guest.now().incarnation, incarnation);
  addBlock(guest.path);
  t.equal(guest.now().config.get('lxc.start.auto'), '0');
  removeBlock(guest.path);
  linkSync(guest.file, join(guest.path, originalName));
  removeBlock(guest.path);
  t.notOk(existsSync(join(guest.path, originalName)));
  t.equal(guest.now().incarnation, incarnation);
  t.end();
});

t.test('somebody else edits it meanwhile: only the block goes', (t) => {
  const guest = aGuest(t);
  addBlock(guest.path);
  writeFileSync(guest.file, `${guest.text()}lxc.environment = B=2\n`);
  removeBlock(guest.path);
  const after = guest.now();
  t.notOk(hasBlock(after.text));
  t.equal(after.config.get('lxc.start.auto'), '1');
  t.strictSame(after.environment, { A: '1', B: '2' });
  t.notOk(existsSync(join(guest.path, originalName)));
  t.end();
});

t.test('a guest that is created anew in the slot is another incarnation', (t) => {
  const guest = aGuest(t);
  const first = guest.now().incarnation;
  const text = guest.text();
  const again = () => {
    rmSync(guest.path, { recursive: true });
    mkdirSync(join(guest.path, 'rootfs'), { recursive: true });
    writeFileSync(guest.file, text);
    return guest.now().incarnation;
  };
  const second = again();
  t.not(second, first, 'however alike it is');
  addBlock(guest.path);
  t.equal(guest.now().incarnation, second);
  t.not(again(), second, 'also while it was kept');
  const third = guest.now().incarnation;
  rmSync(join(guest.path, 'rootfs'), { recursive: true });
  mkdirSync(join(guest.path, 'rootfs'));
  t.not(guest.now().incarnation, third, 'its root alone made anew');
  const fourth = guest.now().incarnation;
  writeFileSync(guest.file, `${text}# edited\n`);
  t.equal(guest.now().incarnation, fourth, 'an edit in place changes nothing');
  t.end();
});

t.test('a stale original does not count', (t) => {
  const guest = aGuest(t);
  addBlock(guest.path);
  const kept = guest.now().incarnation;
  writeFileSync(join(guest.path, 'new'), guest.text().replace('A=1', 'A=3'));
  rmSync(guest.file);
  linkSync(join(guest.path, 'new'), guest.file);
  t.not(guest.now().incarnation, kept);
  t.end();
});
