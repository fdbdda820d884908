// The release of all programs: package.json of the repository is the one place where it is written.
import manifest from '../../package.json' with { type: 'json' };

export const releaseVersion: string = manifest.version;
