// Plays a transcript: the outputs of its blocks, up to the first command that fails.
import { perform } from './commands/index.js'
import { Mistake } from './mistake.js'
import { Stage } from './stage.js'
import { type Transcript, TranscriptError } from './transcript-file.js'

export interface Played {
  readonly outputs: readonly (readonly string[])[]
  /** A mistake in the transcript, or a broken invariant. Never written into a transcript. */
  readonly error: TranscriptError | undefined
}

export function play({ file, blocks }: Transcript): Played {
  const stage = new Stage()
  const outputs: string[][] = []
  for (const { commands } of blocks) {
    for (const { line, text } of commands) {
      try {
        perform(stage, text.trim().split(/\s+/))
      } catch (error) {
        const { name, message } = error as Error
        const what = error instanceof Mistake ? message : `${name}: ${message}`
        return { outputs, error: new TranscriptError(file, line, `${text}\n  ${what}`, error) }
      }
    }
    stage.narrator.changes(stage.servers.values())
    outputs.push(stage.narrator.output.take())
  }
  return { outputs, error: undefined }
}
