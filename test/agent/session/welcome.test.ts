import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { Welcome } from '@servo-auditor/proto/wire.ts';
import { judgeWelcome, type Past } from '../../../agent/src/session/welcome.ts';
import { hash } from '../support/orders.ts';

const main = parseId('installation', 'main');
const decision = { version: 9, hash: hash('9') };

function welcome(more: Partial<Welcome> = {}): Welcome {
  return {
    protocol: 1,
    installation: main,
    cell: parseId('cell', 'c1'),
    epoch: parseEpoch(4),
    decision,
    hashAtYours: hash('7'),
    heartbeatIntervalMs: 1000,
    ask: { nonce: parseId('nonce', '0'.repeat(32)), full: true, decision },
    ...more,
  };
}

const past: Past = { installation: main, epoch: 3, decision: { version: 7, hash: hash('7') } };
const nothing: Past = { installation: undefined, epoch: 0, decision: undefined };

t.test('who holds the whole past is known; the configured installation may be first', (t) => {
  t.strictSame(judgeWelcome(welcome(), past, main), { kind: 'known' });
  t.strictSame(judgeWelcome(welcome({ epoch: parseEpoch(3) }), past, main), { kind: 'known' });
  t.strictSame(judgeWelcome(welcome({ hashAtYours: undefined }), nothing, main), { kind: 'first' });
  const moved = parseId('installation', 'configured-since');
  t.strictSame(judgeWelcome(welcome(), past, moved), { kind: 'known' }, 'configuration alone moves no host');
  t.end();
});

t.test('alone refuses, and says how to accept', (t) => {
  const cases: readonly (readonly [string, Welcome, Past])[] = [
    ['other-installation', welcome({ installation: parseId('installation', 'x') }), past],
    ['other-installation', welcome({ installation: parseId('installation', 'x') }), nothing],
    ['older-epoch', welcome({ epoch: parseEpoch(2) }), past],
    ['other-chain', welcome({ hashAtYours: undefined }), past],
    ['other-chain', welcome({ hashAtYours: hash('fork') }), past],
    ['other-chain', welcome({ decision: { version: 6, hash: hash('6') } }), past],
  ];
  for (const [code, offered, known] of cases)
    t.match(judgeWelcome(offered, known, main), {
      kind: 'refuse',
      code,
      foreign: true,
      message: /servo-agent accept-installation/,
    });
  t.match(judgeWelcome(welcome({ protocol: 2 }), past, main), {
    code: 'protocol-version',
    foreign: false,
    message: /protocol 2.*upgrade/,
  });
  t.end();
});
