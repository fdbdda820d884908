// The commands of a program as data, from the tree that commander parses by: manual pages and completions are made of it, so that
// they name what is there and nothing else.
import type { Command } from 'commander';

export interface Flag {
  /** As in the help: `-c, --config <file>`. */
  readonly spelling: string;
  /** `-c` and `--config`. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  readonly help: string;
  /** Words that the value may be. */
  readonly choices: readonly string[];
}

export interface Described {
  /** `servoctl pki host`: the program and the words of the command. */
  readonly path: readonly string[];
  /** What follows the path: `<id>`. */
  readonly operands: readonly string[];
  readonly help: string;
  readonly flags: readonly Flag[];
  readonly below: readonly Described[];
}

export function describe(command: Command, above: readonly string[] = []): Described {
  const path = [...above, command.name()];
  return {
    path,
    operands: command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? `<${name}>` : `[${name}]`;
    }),
    help: command.description(),
    flags: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({
        spelling: option.flags,
        names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
        takesValue: option.required || option.optional,
        help: helpOf(option),
        choices: option.argChoices ?? [],
      })),
    below: command.commands.map((each) => describe(each, path)),
  };
}

function helpOf({
  description,
  defaultValue,
  envVar,
}: {
  readonly description: string;
  readonly defaultValue?: unknown;
  readonly envVar?: string | undefined;
}): string {
  const notes = [
    ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
    ...(envVar === undefined ? [] : [`environment: ${envVar}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

/** The command and all below it, each before those below it. */
export function flatten(command: Described): readonly Described[] {
  return [command, ...command.below.flatMap(flatten)];
}
