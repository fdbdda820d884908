// One shell in a machine, as an operator has it: what a command leaves (folder, variables) is there for the next.
import type { ChildProcess } from 'node:child_process';
import type { Machine } from './machine.ts';

export class Shell {
  readonly #child: ChildProcess;
  #said = '';
  #wake: () => void = () => undefined;
  #ended = false;
  #count = 0;

  constructor(machine: Machine) {
    this.#child = machine.spawn(['bash']);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
        this.#wake();
      });
    this.#child.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
    this.#child.stdin?.write("exec 2>&1; trap 'failed=$?' ERR\n");
  }

  /** Runs commands. Returns what they wrote; throws with it when any of them failed. */
  async run(commands: string): Promise<string> {
    const mark = `--- done ${++this.#count} `;
    this.#said = '';
    this.#child.stdin?.write(`failed=0\n${commands}\necho; echo "${mark}$failed"\n`);
    for (;;) {
      const [out = '', after] = this.#said.split(mark);
      const code = after === undefined ? undefined : /^(\d+)\n/.exec(after)?.[1];
      if (code === '0') return out;
      if (code !== undefined || this.#ended)
        throw new Error(`${commands}\nended with ${code ?? 'the shell'}:\n${this.#said}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#child.stdin?.end();
  }
}
