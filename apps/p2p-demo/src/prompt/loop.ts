// Reads lines from a terminal or a pipe and carries them out one after the other, in the order they were typed.
import { createInterface } from 'node:readline'
import type { Output, Screen } from '../ui/screen.js'
import { type Line, parseLine } from './parse.js'

export interface LoopOptions {
  readonly input: NodeJS.ReadableStream
  readonly output: Output
  readonly screen: Screen
  readonly scope: 'node' | 'up'
  /** Shown on a terminal only. */
  readonly prompt: string
  /** Carries one line out and shows what came of it; `quit` never arrives here. */
  carryOut(line: Exclude<Line, { type: 'quit' | 'empty' }>): Promise<void>
  /** Ends the loop. */
  readonly signal: AbortSignal
}

/** Resolves with why it ended: `quit` was typed, the input ended, or `signal` fired. */
export function runLoop(options: LoopOptions): Promise<'quit' | 'end' | 'aborted'> {
  const { input, output, screen, scope, signal } = options
  const terminal = output.isTTY === true && (input as { isTTY?: boolean }).isTTY === true
  const lines = createInterface({ input, output, terminal, prompt: terminal ? options.prompt : '' })
  return new Promise((resolve) => {
    let busy = Promise.resolve()
    let ended = false
    const end = (why: 'quit' | 'end' | 'aborted') => {
      ended = true
      signal.removeEventListener('abort', onAbort)
      screen.prompt = undefined
      lines.close()
      resolve(why)
    }
    const onAbort = () => end('aborted')
    const carryOut = async (line: Line) => {
      if (ended) return
      if (line.type === 'quit') return end('quit')
      if (line.type !== 'empty') await options.carryOut(line)
      if (terminal && !ended) lines.prompt()
    }
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) return onAbort()
    lines.on('line', (text) => {
      busy = busy.then(() => carryOut(parseLine(text, scope)))
    })
    // What was typed before the end of the input is still carried out.
    lines.on('close', () => void busy.then(() => end('end')))
    // Readline swallows Ctrl-C: the process must hear of it.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    if (terminal) {
      screen.prompt = lines
      lines.prompt()
    }
  })
}
