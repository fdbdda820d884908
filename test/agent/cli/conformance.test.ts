// The kit as an operator runs it: a configuration, a program that makes and breaks servos, a report and an exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freshMarker, me, PATH } from '../scan/support.ts';
import { parentsHere } from '../support/host.ts';

t.setTimeout(300_000);

const agentMain = join(import.meta.dirname, '../../../agent/src/main.ts');

/** Plain processes with manifests, as a small platform in shell keeps them. */
function ground(folder: string, marker: string): string {
  return `#!/bin/bash
set -eu
dir=${folder}; record=$dir/store/p/\${2:-}.json; pidfile=$dir/pids/\${2:-}
# What bears this uid here, also where it was started again by somebody else.
bearers() {
  for p in $(grep -lzsx "SERVO_UID=$1" /proc/[0-9]*/environ | cut -d/ -f3); do
    if grep -qzsx SERVO_HOST=${marker} /proc/$p/environ; then echo $p; fi
  done
}
run() {
  rm -f $pidfile
  SERVO_HOST=${marker} SERVO_UID=$1 setsid --fork bash -c 'echo $$ >$0; exec sleep 1000' $pidfile </dev/null >/dev/null 2>&1
  until [ -s $pidfile ] && [ "$(head -c5 /proc/$(cat $pidfile)/cmdline)" = sleep ]; do sleep 0.01; done
}
end() {
  for p in $(bearers $1); do
    kill -9 -$p 2>/dev/null || true
    while [ -e /proc/$p/stat ] && [ "$(cut -d' ' -f3 /proc/$p/stat)" != Z ]; do sleep 0.01; done
  done
}
put() { echo "{\\"uid\\":\\"$1\\"}" >$record; }
case $1 in
  make) put $2; run $2 ;;
  remove) end $2; rm -f $record ;;
  kill) end $2 ;;
  remake) end $2; run $2 ;;
  forget) rm $record ;;
  break-record) echo '{' >$record ;;
  mend-record) put $2 ;;
  marks) tr '\\0' '\\n' </proc/$(bearers $2)/environ | grep ^SERVO_ | sort ;;
  *) echo "plain processes have no $1" >&2; exit 3 ;;
esac
`;
}

function host(t: Test) {
  const marker = freshMarker();
  const folder = t.testdir({ store: { p: {} }, pids: {}, state: {} });
  const program = join(folder, 'ground');
  writeFileSync(program, ground(folder, marker));
  chmodSync(program, 0o755);
  const config = join(folder, 'agent.yaml');
  const settings = {
    installation: 'main',
    coordinator: { address: 'localhost:1' },
    tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' },
    orderKeys: ['order.pem'],
    state: 'state',
    store: { kind: 'manifest-directory', root: join(folder, 'store'), fields: { uid: 'uid' } },
    runtime: {
      kind: 'process',
      users: [me],
      marker: { variable: 'SERVO_HOST', value: marker },
      commands: ['sleep'],
      identity: { from: 'environment', variable: 'SERVO_UID' },
      parents: parentsHere(),
    },
  };
  writeFileSync(config, JSON.stringify(settings));
  const run = async (...args: readonly string[]) => {
    const child = spawn(
      process.execPath,
      [agentMain, 'conformance', '--config', config, '--ground', program, ...args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH } },
    );
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  };
  return { folder, program, run };
}

t.test('a pair that conforms, by a program of the operator’s', async (t) => {
  const { run } = host(t);
  const { code, out, err } = await run('--many', '12');
  t.equal(code, 0, `${out}${err}`);
  t.match(out, /^passed +list +\d+ ms$/m);
  t.match(out, /^passed +many /m);
  t.match(out, /^passed +stop-and-start /m);
  t.match(out, /^not-offered +engine-hangs +plain processes have no hang$/m);
  t.match(out, / passed, 0 failed, \d+ not offered by /);
});

t.test('a program whose restore loses something, or that fails, fails the pair', async (t) => {
  const { run, program } = host(t);
  const { readFileSync } = await import('node:fs');
  // Its marks differ whenever they are asked for.
  writeFileSync(program, readFileSync(program, 'utf8').replace('marks) ', 'marks) date +%N; '));
  const lost = await run('--only', 'stop-and-start', '--json');
  t.equal(lost.code, 1);
  t.match(JSON.parse(lost.out), {
    check: 'stop-and-start',
    outcome: 'failed',
    message: /it had .*and now has/s,
  });
  t.match(lost.err, /1 failed, .*this pair may not serve/);
  writeFileSync(program, '#!/bin/sh\necho no room >&2; exit 1\n');
  t.match(await run('--only', 'list'), {
    code: 1,
    out: /^failed +list +.*make conf-list-a ended with 1: no room/m,
  });
});

t.test('wrong usage says what would be right', async (t) => {
  const { run } = host(t);
  t.match(await run('--only', 'nonsense'), {
    code: 2,
    err: /no check nonsense: want some of list, canonical/,
  });
  t.match(await run('--many', 'x'), { code: 2, err: /--many x: want a whole number/ });
});
