import t from 'tap';
import {
  environmentOf,
  parseLxcConfig,
  rootfsOf,
  type Includes,
} from '../../../../../agent/src/scan/runtime/lxc/config.ts';

const files: Readonly<Record<string, string>> = {
  '/a.conf': 'lxc.group = a\n',
  '/d/1.conf': 'lxc.group = d1\n',
  '/d/2.conf': 'lxc.group = d2\n',
  '/self.conf': 'lxc.include = /self.conf\n',
};
const includes: Includes = {
  read(path) {
    const text = files[path];
    if (text === undefined) throw new Error(`${path} is not there`);
    return text;
  },
  list: (path) => (path === '/d' ? ['/d/1.conf', '/d/2.conf'] : undefined),
};
const parse = (text: string) => parseLxcConfig(text, '/g/config', includes);

t.test('the last value of a key counts, lists add up, an empty value clears', (t) => {
  const config = parse(
    [
      'lxc.start.auto = 1',
      'lxc.group=a',
      "lxc.group = 'b c'",
      'lxc.start.auto = 0',
      '# lxc.group = x',
      '',
    ].join('\n'),
  );
  t.equal(config.get('lxc.start.auto'), '0');
  t.strictSame(config.all('lxc.group'), ['a', 'b c']);
  t.equal(config.get('lxc.ephemeral'), undefined);
  t.strictSame(parse('lxc.group = a\nlxc.group =\nlxc.group = b').all('lxc.group'), ['b']);
  t.strictSame(parse('lxc.hook.stop = /x\nlxc.hook =\n').all('lxc.hook.stop'), [], 'with all below it');
  t.strictSame(parse('lxc.hook.stop = /x\nlxc.hook.post-stop = /y').below('lxc.hook.'), [
    ['lxc.hook.stop', ['/x']],
    ['lxc.hook.post-stop', ['/y']],
  ]);
  t.end();
});

t.test('includes stand where they are named', (t) => {
  const config = parse('lxc.include = /d\nlxc.group = own\nlxc.include = /a.conf\n');
  t.strictSame(config.all('lxc.group'), ['d1', 'd2', 'own', 'a']);
  t.ok(config.includes);
  t.notOk(parse('lxc.group = a').includes);
  t.throws(() => parse('lxc.include = /none\n'), /\/none is not there/);
  t.throws(() => parse('lxc.include = /self.conf\n'), /deep, at most 8/);
  t.end();
});

t.test('what is no pair is refused with its line', (t) => {
  t.throws(() => parse('lxc.group = a\nnonsense\n'), /\/g\/config:2: want "key = value"/);
  t.throws(() => parse('other.key = a\n'), /:1: want/);
  t.throws(() => parse('\0\u0001 = a\n'), /:1: want/);
  t.end();
});

t.test('the environment, as far as the configuration sets it', (t) => {
  const text =
    'lxc.environment = A=1\nlxc.environment = B=x=y\nlxc.environment = INHERITED\nlxc.environment = A=2\n';
  t.strictSame(environmentOf(parse(text)), { A: '2', B: 'x=y' });
  t.end();
});

t.test('root file systems', (t) => {
  const of = (value: string) => rootfsOf(parse(`lxc.rootfs.path = ${value}\n`));
  t.strictSame(of('/r'), { kind: 'dir', needs: ['/r'], writes: '/r' });
  t.strictSame(of('dir:/r'), { kind: 'dir', needs: ['/r'], writes: '/r' });
  t.strictSame(of('overlay:/lower:/delta'), {
    kind: 'overlay',
    needs: ['/lower', '/delta'],
    writes: '/delta',
  });
  t.strictSame(of('zfs:tank/g'), { kind: 'zfs', needs: [], writes: undefined });
  t.equal(rootfsOf(parse('lxc.uts.name = g\n')), undefined);
  t.end();
});
