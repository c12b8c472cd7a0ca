// Golden transcripts: each file of scenarios/ is played, and what it puts out must be what it says.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { play } from './play.js'
import { isRewriting, REWRITE_COMMAND } from './rewriting.js'
import { parseTranscript, renderTranscript, type Transcript } from './transcript-file.js'

const directory = join(import.meta.dirname, 'scenarios')
const rewriting = isRewriting(process.env)

describe('transcripts', () => {
  for (const name of readdirSync(directory).sort()) {
    test(name.replace(/\.txt$/, ''), () => {
      const file = join(directory, name)
      const text = readFileSync(file, 'utf8')
      const transcript = parseTranscript(`scenarios/${name}`, text)
      const { outputs, error } = play(transcript)
      expect(play(transcript).outputs, 'played a second time').toEqual(outputs)
      if (!rewriting) compare(transcript, outputs)
      if (error !== undefined) throw error
      const rendered = renderTranscript(transcript, outputs)
      if (rewriting) writeFileSync(file, rendered)
      else expect(renderTranscript(transcript, expectedOf(transcript)), 'the layout').toBe(text)
    })
  }
})

const expectedOf = ({ blocks }: Transcript): (readonly string[])[] => blocks.map(({ expected }) => expected)

/** Every block that differs is shown, not only the first. */
function compare({ file, blocks }: Transcript, outputs: readonly (readonly string[])[]): void {
  for (const [i, output] of outputs.entries()) {
    const { commands, expected } = blocks[i]!
    const { line, text } = commands[0]!
    const where = `${file}:${line}: ${text}\nIf the new output is right: ${REWRITE_COMMAND}\n`
    expect.soft(output.join('\n'), where).toBe(expected.join('\n'))
  }
}
