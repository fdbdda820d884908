// Small configurations, as LXC reads them, for the reader version: what this build takes them for.
// An item that is added or changed changes the reader version of every host, and with it their certification.
import type { Conformance } from '../../conformance.ts';
import { says } from '../../problem.ts';
import { environmentOf, parseLxcConfig, rootfsOf } from './config.ts';
import { lxcIdentity, type LxcIdentity } from './identity.ts';
import { withBlock } from './kept.ts';

const included = { read: () => 'lxc.environment = X=included\nlxc.start.auto = 1\n', list: () => undefined };

/** What the reader makes of each item. The identity that is asked for stands in the items. */
export function conformLxc(identity: LxcIdentity, marker: string): readonly Conformance[] {
  const bearing = (value: string) => {
    if (identity.from === 'environment') return `lxc.environment = ${identity.variable}=${value}\n`;
    return identity.from === 'hostname' ? `lxc.uts.name = ${identity.prefix ?? ''}${value}\n` : '';
  };
  const prefix = identity.from === 'name' ? (identity.prefix ?? '') : '';
  const items: readonly (readonly [string, string])[] = [
    ['identity', bearing('u-1')],
    ['identity twice', bearing('u-1') + bearing('u-2')],
    ['identity empty', bearing('')],
    ['identity quoted', bearing('u-1').replace(/= (.*)\n/, '= "$1"\n')],
    ['identity missing', 'lxc.uts.name = other\n'],
    ['identity cleared', `${bearing('u-1')}lxc.environment =\n`],
    ['inherited variable', `lxc.environment = ${marker}\n`],
    ['marker', `lxc.environment = ${marker}=a=b\n`],
    ['comment, spaces, tabs', `#x\n\n \tlxc.environment\t=  ${marker}=1  \n`],
    ['include', `${bearing('u-1')}lxc.include = /x\nlxc.start.auto = 0\n`],
    ['no pair', 'lxc.environment\n'],
    ['other key', 'x.y = 1\n'],
    ['quarantined', withBlock(`${bearing('u-1')}lxc.start.auto = 1\nlxc.group = a\n`)],
    ['directory', 'lxc.rootfs.path = dir:/a\n'],
    ['bare directory', 'lxc.rootfs.path = /a\n'],
    ['overlay', 'lxc.rootfs.path = overlay:/a:/b\n'],
    ['pool', 'lxc.rootfs.path = zfs:a/b\n'],
  ];
  return items.map(([item, text]) => ({ item, made: madeOf(identity, `${prefix}u-1`, text) }));
}

function madeOf(identity: LxcIdentity, name: string, text: string): unknown {
  try {
    const config = parseLxcConfig(text, 'corpus', included);
    const environment = environmentOf(config);
    return {
      uid: lxcIdentity(identity, { name, config, environment }) ?? null,
      environment,
      autostart: config.get('lxc.start.auto') ?? null,
      groups: config.all('lxc.group'),
      rootfs: rootfsOf(config) ?? null,
    };
  } catch (error) {
    return { refused: says(error) };
  }
}
