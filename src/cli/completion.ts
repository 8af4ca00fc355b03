/** `consentry completion`: scripts for shells, made from the commands as they are. */
import { Argument, type Command, type Option } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface Node {
  /** Names of the commands on the way, such as `policy check`; empty for the program. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Option[];
}

export function registerCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script with which a shell completes commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS]))
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  source <(consentry completion bash)                     # in ~/.bashrc',
        '  source <(consentry completion zsh)                      # in ~/.zshrc, after compinit',
        '  consentry completion fish > ~/.config/fish/completions/consentry.fish',
      ].join('\n'),
    )
    .action((shell: Shell) => {
      process.stdout.write(WRITERS[shell](listNodes(program)));
    });
}

function listNodes(command: Command, path = ''): Node[] {
  const help = command.createHelp();
  const commands = help
    .visibleCommands(command)
    .map((child) => ({ name: child.name(), description: help.subcommandDescription(child) }));
  const own = { path, commands, options: help.visibleOptions(command) };
  return [own, ...command.commands.flatMap((child) => listNodes(child, `${path} ${child.name()}`.trim()))];
}

function wordsOf({ commands, options }: Node): string[] {
  return [
    ...commands.map(({ name }) => name),
    ...options.flatMap(({ short, long }) => [short, long].filter((flag) => flag != null)),
  ];
}

/** Every way to a command, for the shell to find out where the cursor is. */
function listSteps(nodes: readonly Node[]): string {
  return nodes.flatMap(({ path }) => (path === '' ? [] : [`" ${path}"`])).join(' | ');
}

const WRITERS: Readonly<Record<Shell, (nodes: readonly Node[]) => string>> = {
  bash: (nodes) => `# consentry completion bash
_consentry() {
  local at="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in ${listSteps(nodes)}) at="$at $word" ;; esac
  done
  local words=""
  case "$at" in
${writeCases(nodes, (words) => `words="${words}"`)}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _consentry consentry
`,
  zsh: (nodes) => `#compdef consentry
# consentry completion zsh
_consentry() {
  local at="" word
  local -a offers
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in (${listSteps(nodes)}) at="$at $word" ;; esac
  done
  case "$at" in
${writeCases(nodes, (words) => `offers=(${words})`)}
  esac
  compadd -a -- offers || _files
}
compdef _consentry consentry
`,
  fish: (nodes) => `# consentry completion fish
function __consentry_at
  set -l at ""
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${listSteps(nodes).replaceAll(' | ', ' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${nodes.flatMap(writeFish).join('\n')}
`,
};

function writeCases(nodes: readonly Node[], write: (words: string) => string): string {
  return nodes.map((node) => `    "${node.path === '' ? '' : ` ${node.path}`}") ${write(wordsOf(node).join(' '))} ;;`).join('\n');
}

function writeFish(node: Node): string[] {
  const where = `-n "__consentry_at '${node.path === '' ? '' : ` ${node.path}`}'"`;
  const say = (text: string): string => `-d '${text.replaceAll("'", "\\'")}'`;
  return [
    ...node.commands.map(({ name, description }) => `complete -c consentry -f ${where} -a ${name} ${say(description)}`),
    ...node.options.map(({ long, short, description, required }) =>
      [
        'complete -c consentry',
        where,
        ...(long == null ? [] : [`-l ${long.slice(2)}`]),
        ...(short == null ? [] : [`-s ${short.slice(1)}`]),
        ...(required ? ['-r'] : []),
        say(description),
      ].join(' '),
    ),
  ];
}
