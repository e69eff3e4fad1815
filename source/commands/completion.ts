import { commandNames, commands, type Command, type CommandName } from './flags/command-table.ts';
import {
  flagName,
  flagPlaceholder,
  type CommandEntry,
  type Flag,
} from './flags/flag-definition.ts';
import { readFlags } from './flags/read-flags.ts';

/**
 * Runs `understudy completion SHELL`: prints a completion script from the table of commands and
 * flags.
 */
export const completion: Command<'completion'> = (argv) => {
  const [shell] = readFlags('completion', argv).input;
  const script = shell === 'fish' ? fishScript() : shell === 'zsh' ? zshScript() : bashScript();
  process.stdout.write(script);
  return Promise.resolve(0);
};

/** The completions of a value: file names, these words, or none. */
type Candidates = 'files' | readonly string[] | null;

type CompletedFlag = {
  /** The flag with its dashes. */
  readonly name: string;
  /** The first clause of its help, because a shell shows one line. */
  readonly help: string;
  readonly repeatable: boolean;
  /** Null if it takes no value. */
  readonly value: { readonly placeholder: string; readonly candidates: Candidates } | null;
};

const completedFlags = (name: CommandName): readonly CompletedFlag[] => {
  const { flags }: CommandEntry = commands[name];
  return Object.entries(flags).map(([property, flag]) => {
    const placeholder = flagPlaceholder(flag);
    return {
      name: `--${flagName(property, flag)}`,
      help: flag.help.split(/[.:;] /)[0] ?? '',
      repeatable: flag.kind === 'text' && flag.repeatable === true,
      value: placeholder === null ? null : { placeholder, candidates: valueCandidates(flag) },
    };
  });
};

const valueCandidates = (flag: Flag): Candidates => {
  if (flag.kind === 'choice') return flag.choices;
  return (flag.kind === 'text' ? flag.completes : undefined) ?? null;
};

const argumentCandidates = (name: CommandName): Candidates => {
  const { arguments: taken }: CommandEntry = commands[name];
  return taken.choices ?? taken.completes ?? (taken.most === null ? 'files' : null);
};

/** Puts a word in single quotes for bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const bashReply = (candidates: Candidates): string => {
  if (candidates === 'files') return '_understudy_files';
  return candidates === null ? ':' : `_understudy_words ${quoted(candidates.join(' '))}`;
};

const bashCase = (name: CommandName): string => {
  const flags = completedFlags(name);
  const byReply = Map.groupBy(
    flags.filter(({ value }) => value !== null),
    ({ value }) => bashReply(value?.candidates ?? null),
  );
  const values = [...byReply].map(
    ([reply, those]) => `${those.map((flag) => flag.name).join('|')}) ${reply}; return ;;`,
  );
  return `    ${name})
      case $previous in
${values.map((line) => `        ${line}\n`).join('')}      esac
      case $current in
        -*) _understudy_words ${quoted(flags.map((flag) => flag.name).join(' '))} ;;
        *) ${bashReply(argumentCandidates(name))} ;;
      esac ;;`;
};

const bashScript =
  (): string => `# Completion of understudy for bash, made by: understudy completion bash

_understudy_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
  # A word that ends in = is not complete.
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}

_understudy_files() {
  compopt -o default 2>/dev/null
}

_understudy() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  # Bash splits --flag=value into three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = && $COMP_CWORD -ge 3 ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  # Bash 3.2, which has no compopt, offers files wherever it knows nothing better.
  compopt +o default 2>/dev/null
  if [[ $COMP_CWORD -eq 1 ]]; then
    _understudy_words ${quoted([...commandNames, 'help', '--help', '--version'].join(' '))}
    return
  fi
  case \${COMP_WORDS[1]} in
${commandNames.map(bashCase).join('\n')}
    help) _understudy_words ${quoted(commandNames.join(' '))} ;;
  esac
}

complete -o default -F _understudy understudy
`;

/** Escapes text for the brackets and colons of _arguments. */
const zshField = (text: string): string => text.replaceAll(/[\\:[\]]/g, String.raw`\$&`);

const zshAction = (candidates: Candidates): string => {
  if (candidates === 'files') return '_files';
  if (candidates === null) return ' ';
  const words = candidates.map(zshField).join(' ');
  // A word that ends in = is not complete, so no space follows it.
  return words.endsWith('=') ? `{compadd -S "" - ${words}}` : `(${words})`;
};

const zshCase = (name: CommandName): string => {
  const flags = completedFlags(name).map(({ name: flag, help, repeatable, value }) => {
    const spec = `${repeatable ? '*' : ''}${flag}`;
    if (value === null) return quoted(`${spec}[${zshField(help)}]`);
    const { candidates, placeholder } = value;
    return quoted(`${spec}=[${zshField(help)}]:${zshField(placeholder)}:${zshAction(candidates)}`);
  });
  const candidates = argumentCandidates(name);
  const { arguments: taken }: CommandEntry = commands[name];
  const rest =
    candidates === null ? [] : [quoted(`*:${zshField(taken.usage)}:${zshAction(candidates)}`)];
  return `    ${name})
      _arguments \\
${[...flags, ...rest].map((line) => `        ${line}`).join(' \\\n')} ;;`;
};

const zshScript = (): string => `#compdef understudy
# Completion of understudy for zsh, made by: understudy completion zsh

_understudy() {
  local -a commands
  commands=(
${commandNames.map((name) => `    ${quoted(`${name}:${commands[name].purpose}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    if [[ $PREFIX == -* ]]; then
      _arguments '--help[print help]' '--version[print the version]'
    else
      _describe command commands
    fi
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${commandNames.map(zshCase).join('\n')}
    help) _describe command commands ;;
  esac
}

if [[ $funcstack[1] == _understudy ]]; then
  _understudy "$@"
else
  compdef _understudy understudy
fi
`;

const fishWord = (text: string): string =>
  `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;

/** Returns the options of fish's `complete` for a value or an argument. */
const fishCandidates = (candidates: Candidates): string => {
  if (candidates === 'files') return '-F';
  return candidates === null ? '-f' : `-f -a ${fishWord(candidates.join(' '))}`;
};

const fishLines = (name: CommandName): readonly string[] => {
  const start = `complete -c understudy -n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c understudy -n __fish_use_subcommand -f -a ${name} -d ${fishWord(commands[name].purpose)}`,
    `${start} ${fishCandidates(argumentCandidates(name))}`,
    ...completedFlags(name).map(({ name: flag, help, value }) => {
      const taken = value === null ? '' : ` -r ${fishCandidates(value.candidates)}`;
      return `${start} -l ${flag.slice(2)} -d ${fishWord(help)}${taken}`;
    }),
  ];
};

const fishScript =
  (): string => `# Completion of understudy for fish, made by: understudy completion fish

complete -c understudy -n __fish_use_subcommand -f -a help -d 'print help'
complete -c understudy -n __fish_use_subcommand -l help -d 'print help'
complete -c understudy -n __fish_use_subcommand -l version -d 'print the version'
complete -c understudy -n '__fish_seen_subcommand_from help' -f -a ${fishWord(commandNames.join(' '))}
${commandNames.flatMap(fishLines).join('\n')}
`;
