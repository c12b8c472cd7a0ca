// Lines for a person: aligned, in colour where the terminal shows colour, above the prompt when there is one.
import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Readline, as far as a screen needs to know it. */
export interface PromptLine {
  prompt(preserveCursor?: boolean): void
}

const LINE_WIDTH_MAX = 100
const TIME_WIDTH = 8
const WHO_WIDTH = 4
const WHO_STYLES: readonly Style[] = ['cyan', 'magenta', 'yellow', 'blue', 'green']

export class Screen {
  readonly #output: Output
  readonly #startedAt: number
  readonly #names: string[] = []
  #chapters = 0
  #prompt: PromptLine | undefined

  /** `startedAt` is the zero of the time column, in milliseconds since 1970. */
  constructor(output: Output, startedAt: number) {
    this.#output = output
    this.#startedAt = startedAt
  }

  style(style: Style, text: string): string {
    // Decided by the stream: no colour for pipes, NO_COLOR obeyed.
    return styleText(style, text, { stream: this.#output, validateStream: true })
  }

  /** While set, lines go above the prompt and what is typed there stays. */
  set prompt(prompt: PromptLine | undefined) {
    this.#prompt = prompt
  }

  title(text: string): void {
    this.#write(`\n${this.style('bold', text)}\n`)
  }

  /** A title with the next number before it. */
  chapter(text: string): void {
    this.#chapters += 1
    this.title(`${this.#chapters}  ${text}`)
  }

  /** A sentence or two of explanation. */
  say(text: string): void {
    // A terminal that does not know its width says 0.
    for (const line of wrap(text, Math.min(this.#output.columns || LINE_WIDTH_MAX, LINE_WIDTH_MAX))) {
      this.#write(`${this.style('dim', line)}\n`)
    }
  }

  /** What a chapter comes to. */
  result(text: string): void {
    this.#write(`${' '.repeat(TIME_WIDTH + 5)}${text}\n`)
  }

  /** Something happened: when, to whom (undefined: to this process), what. */
  line(at: number, who: string | undefined, text: string): void {
    const time = `${(at - this.#startedAt).toFixed(0)} ms`.padStart(TIME_WIDTH + 3)
    const column = who === undefined ? '' : `${this.#who(who)}  `
    this.#write(`${this.style('dim', time)}  ${column}${text}\n`)
  }

  /** Plain text, such as a table. */
  text(text: string): void {
    this.#write(`${text}\n`)
  }

  #who(name: string): string {
    if (!this.#names.includes(name)) this.#names.push(name)
    return this.style(WHO_STYLES[this.#names.indexOf(name) % WHO_STYLES.length]!, name.padEnd(WHO_WIDTH))
  }

  #write(text: string): void {
    if (this.#prompt !== undefined) this.#output.write('\r\x1b[K')
    this.#output.write(text)
    this.#prompt?.prompt(true)
  }
}

function wrap(text: string, width: number): readonly string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + word.length + 1 > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
