import type { Command } from '../command.js'
import { completionScript, SHELLS } from '../completion-script.js'

/** `holdfast completion bash|zsh|fish`. */
export const completion: Command = {
  name: 'completion',
  summary: 'Print the script with which a shell completes commands and options',
  usage: SHELLS.join('|'),
  maxArguments: 1,
  argumentWords: SHELLS,
  options: [],
  examples: [
    { line: 'source <(holdfast completion bash)', about: 'in ~/.bashrc' },
    { line: 'source <(holdfast completion zsh)', about: 'in ~/.zshrc, after compinit' },
    { line: 'holdfast completion fish | source', about: 'in ~/.config/fish/config.fish' },
  ],
  async run({ arguments: [shell], output, commands }) {
    const script = completionScript(shell, commands)
    if (output.json) output.object({ shell, script })
    else output.line(script)
    return 0
  },
}
