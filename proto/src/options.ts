// Configuration of a program: one table of options, from which the reader of its YAML file, the types of its values, the
// errors, the sample file and the help all follow.
//
//   const table = { cell: id('cell', { help: 'cell that it leads', example: 'c1' }), ... };
//   const config = loadOptions(table, '/etc/servo/coordinator.yaml'); // config.cell is a CellId
export { durationSpelling, parseDuration, writeDuration } from './options/duration.ts';
export type { Entry, Spec, Table, ValueOf, Values } from './options/entry.ts';
export { group, listOf, mapOf, optionalGroup, variant } from './options/nested.ts';
export { numbersOf, type NumberRow } from './options/numbers.ts';
export { BadOptions, loadOptions, readOptions, type Refuse } from './options/read.ts';
export { helpOf, sampleOf } from './options/sample.ts';
export { choice, duration, flag, id, path, real, text, whole } from './options/scalar.ts';
