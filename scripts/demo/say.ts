// What the demo prints: chapters, plain sentences, and commands with what they answer.
import { styleText } from 'node:util';

/** Where it goes: standard output, or standard error when that is kept for one line of JSON. */
export class Teller {
  readonly #out: NodeJS.WriteStream;
  readonly #began = performance.now();
  #chapter = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  chapter(title: string): void {
    const s = ((performance.now() - this.#began) / 1000).toFixed(0).padStart(3);
    this.#line('');
    this.#line(this.#style('bold', `${++this.#chapter}. ${title}`) + this.#style('dim', `   [${s} s]`));
  }

  say(text: string): void {
    this.#line(`   ${text}`);
  }

  command(words: readonly string[], answer: string): void {
    this.#line('');
    this.#line(this.#style('cyan', `   $ servoctl ${words.join(' ')}`));
    for (const line of answer.trimEnd().split('\n')) this.#line(`   ${line}`);
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  #style(format: 'bold' | 'dim' | 'cyan', text: string): string {
    return styleText(format, text, { stream: this.#out });
  }
}
