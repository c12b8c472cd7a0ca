// The text of a transcript: blocks of command lines, a line `----`, what they put out, a blank line. `#` is a comment.

export interface CommandLine {
  readonly line: number
  readonly text: string
}

export interface Block {
  /** Comments and commands as they stand, above the `----`. */
  readonly head: readonly string[]
  readonly commands: readonly CommandLine[]
  readonly expected: readonly string[]
}

export interface Transcript {
  readonly file: string
  readonly blocks: readonly Block[]
  /** Comments after the last block. */
  readonly tail: readonly string[]
}

export class TranscriptError extends Error {
  override readonly name: string = 'TranscriptError'

  constructor(file: string, line: number, what: string, cause?: unknown) {
    super(`${file}:${line}: ${what}`, { cause })
  }
}

const RULE = '----'

export function parseTranscript(file: string, text: string): Transcript {
  const lines = text.split('\n')
  const blocks: Block[] = []
  let head: string[] = []
  let commands: CommandLine[] = []
  const fail = (line: number, what: string): never => {
    throw new TranscriptError(file, line, what)
  }
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i]!
    const line = i + 1
    if (text === RULE) {
      if (commands.length === 0) fail(line, `no command above the ${RULE}`)
      const expected = outputBelow(file, lines, i)
      blocks.push({ head, commands, expected })
      head = []
      commands = []
      i += expected.length
      continue
    }
    if (text.trim() === '') {
      if (commands.length > 0) fail(commands[0]!.line, `no ${RULE} below "${commands[0]!.text}"`)
      if (head.length === 0) continue
    } else if (!text.startsWith('#')) {
      const last = commands.at(-1)
      if (!/^\s/.test(text)) commands.push({ line, text })
      else if (last === undefined)
        fail(line, 'an indented line continues a command, and there is none above it')
      else commands[commands.length - 1] = { line: last.line, text: `${last.text} ${text.trim()}` }
    }
    head.push(text)
  }
  if (commands.length > 0) fail(commands[0]!.line, `no ${RULE} below "${commands[0]!.text}"`)
  if (blocks.length === 0) fail(1, 'no command')
  return { file, blocks, tail: head }
}

/** The lines under the `----` at position `rule`, up to a blank line or the end. */
function outputBelow(file: string, lines: readonly string[], rule: number): string[] {
  const output: string[] = []
  for (let i = rule + 1; i < lines.length && lines[i] !== ''; i++) {
    const text = lines[i]!
    if (text === RULE || text.startsWith('#')) {
      throw new TranscriptError(file, i + 1, 'a blank line must end the output above')
    }
    output.push(text)
  }
  return output
}

/** The transcript with these outputs, one for each block. */
export function renderTranscript(
  { blocks, tail }: Transcript,
  outputs: readonly (readonly string[])[],
): string {
  const parts = blocks.map(({ head }, i) => [...head, RULE, ...outputs[i]!].join('\n'))
  const ending = tail.join('\n').trimEnd()
  return `${[...parts, ...(ending === '' ? [] : [ending])].join('\n\n')}\n`
}
