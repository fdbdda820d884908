// How a guest is kept down: its configuration says that nothing starts it by itself (`lxc-autostart`, at boot or by hand).
//
// What the platform wrote is not touched. A block at the end takes back what starts the guest: the last value counts, and an
// empty value clears a list. A group of its own keeps it out of the group of those that are in none.
//
// The edit is a new file that takes the old one's name at once, so nobody ever reads half of it; the old file gets a second
// name first, and its own back when the block is taken away: the same inode with the same bytes, so the incarnation stays.
// Where somebody else has edited the file meanwhile, only the block goes, and the rest stays as they wrote it.
import {
  chmodSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const begins = '# servo-auditor: quarantine, begin. To bring the guest back: servo-agent restore';
const ends = '# servo-auditor: quarantine, end';
const block = `${begins}
lxc.start.auto = 0
lxc.group =
lxc.group = servo-auditor.quarantine
${ends}
`;
const pattern = new RegExp(`\\n?${escaped(begins)}\\n[^]*?${escaped(ends)}\\n`, 'g');

/** Name of the original while an edited file stands in its place. */
export const originalName = 'config.servo-auditor-original';
const newName = 'config.servo-auditor-new';

/** What the configuration becomes. */
export function withBlock(text: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${block}`;
}

export function hasBlock(text: string): boolean {
  return text.includes(begins);
}

/** The file whose inode and creation count: the original, as long as `config` is it and the block, else `config`. */
export function original(path: string): string {
  const config = join(path, 'config');
  const kept = join(path, originalName);
  if (statSync(kept, { throwIfNoEntry: false }) === undefined) return config;
  return readFileSync(config, 'utf8') === withBlock(readFileSync(kept, 'utf8')) ? kept : config;
}

/** Durable when it returns. Twice is as good as once. Throws where the directory cannot be written. */
export function addBlock(path: string): void {
  const config = join(path, 'config');
  const text = readFileSync(config, 'utf8');
  if (hasBlock(text)) return;
  const kept = join(path, originalName);
  rmSync(kept, { force: true });
  linkSync(config, kept);
  writeNew(path, withBlock(text));
}

/** Durable when it returns. Twice is as good as once. Throws where the directory cannot be written. */
export function removeBlock(path: string): void {
  const config = join(path, 'config');
  const text = readFileSync(config, 'utf8');
  const kept = join(path, originalName);
  if (!hasBlock(text)) {
    // Left where an edit was broken off between its two steps, or whose file was replaced by somebody else.
    rmSync(kept, { force: true });
    return;
  }
  if (original(path) === kept) {
    renameSync(kept, config);
    syncDirectory(path);
    return;
  }
  writeNew(
    path,
    text.replaceAll(pattern, (found) => (found.startsWith('\n') ? '\n' : '')),
  );
  rmSync(kept, { force: true });
}

/** As the file that it replaces: same owner, same mode. */
function writeNew(path: string, text: string): void {
  const config = join(path, 'config');
  const fresh = join(path, newName);
  const { uid, gid, mode } = statSync(config);
  rmSync(fresh, { force: true });
  const fd = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(fd, text);
    // The agent's service may not give files away, nor has it to where guests are root's.
    const own = fstatSync(fd);
    if (own.uid !== uid || own.gid !== gid) fchownSync(fd, uid, gid);
    chmodSync(fresh, mode & 0o7777);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, config);
  syncDirectory(path);
}

function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
