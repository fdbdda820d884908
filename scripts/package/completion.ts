// Completion for bash and zsh: the words that may come next, by the command that has been typed so far. What an operand should be
// (a uid, a host) only the coordinator knows; files complete where the shell completes them.
import { flatten, type Described } from './commands.ts';

/** For /usr/share/bash-completion/completions/<program>. */
export function bashCompletion(program: Described): string {
  const [name = ''] = program.path;
  const fn = functionOf(name);
  const cases = flatten(program).map((each) => {
    const words = [...each.below.map((below) => below.path.at(-1)), ...flagNames(program, each)].join(' ');
    return `    ${quoted(keyOf(each))}) words=${quoted(words)} ;;`;
  });
  return `# bash completion for ${name}
${fn}() {
  local word typed='' words='' skip='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ -n "$skip" ]; then skip=''; continue; fi
    case $word in
      ${valueFlags(program).join('|')}) skip=1 ;;
      -*) ;;
      *) case ${quoted(` ${pathsOf(program).join(' ')} `)} in *" $typed/$word "*) typed=$typed/$word ;; esac ;;
    esac
  done
  [ -z "$skip" ] || { compopt -o default; return; }
  case $typed in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F ${fn} ${name}
`;
}

/** For /usr/share/zsh/vendor-completions/_<program>. */
export function zshCompletion(program: Described): string {
  const [name = ''] = program.path;
  const cases = flatten(program).map((each) => {
    const commands = each.below.map((below) => entry(below.path.at(-1) ?? '', below.help));
    const flags = [...new Set([program, each])].flatMap((from) =>
      from.flags.flatMap((flag) => flag.names.map((word) => entry(word, flag.help))),
    );
    return `    ${quoted(keyOf(each))}) commands=(${commands.join(' ')}); flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef ${name}
${functionOf(name)}() {
  local word typed='' skip='' i
  local -a commands flags
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      ${valueFlags(program).join('|')}) skip=1 ;;
      -*) ;;
      *) [[ ${quoted(` ${pathsOf(program).join(' ')} `)} == *" $typed/$word "* ]] && typed=$typed/$word ;;
    esac
  done
  [[ -z $skip ]] || { _files; return; }
  case $typed in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then _describe option flags; elif (( $#commands )); then _describe command commands; else _files; fi
}
${functionOf(name)} "$@"
`;
}

/** Words behind the program, each with a slash before it: "" is the program, "/pki/host" a command. */
function keyOf({ path }: Described): string {
  return path
    .slice(1)
    .map((word) => `/${word}`)
    .join('');
}

function pathsOf(program: Described): readonly string[] {
  return flatten(program)
    .map(keyOf)
    .filter((key) => key !== '');
}

function valueFlags(program: Described): readonly string[] {
  const flags = flatten(program).flatMap((each) => each.flags);
  return [...new Set(flags.filter((flag) => flag.takesValue).flatMap((flag) => flag.names))].sort();
}

function flagNames(program: Described, each: Described): readonly string[] {
  return [...new Set([...program.flags, ...each.flags].flatMap((flag) => flag.names))];
}

function functionOf(name: string): string {
  return `_${name.replace(/-/g, '_')}`;
}

function entry(word: string, help: string): string {
  return quoted(`${word.replace(/:/g, '\\:')}:${help.replace(/\s+/g, ' ')}`);
}

function quoted(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}
