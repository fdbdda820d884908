// Whether this agent was installed from a package: then it serves a real host, and belongs to no demo installation. The bundler
// of packages puts the word in; the sources as they are know none.
declare const servoPackaged: boolean | undefined;

export const packaged: boolean = typeof servoPackaged === 'boolean' && servoPackaged;
