// `riverraft-demo node`: a node in this process, serving a launcher, a terminal, or nobody but a log.
import { openControlChannel } from '../control/channel.js'
import { type DemoEvent, epochMs, failureOf } from '../control/events.js'
import { runLoop } from '../prompt/loop.js'
import { watchSignals } from '../signals.js'
import type { Screen } from '../ui/screen.js'
import { DemoNode } from './demo-node.js'
import { type Execute, NodePrompt } from './node-prompt.js'
import type { DemoNodeOptions } from './options.js'
import { tellEvent } from './tell-event.js'

/** Resolves with the exit status: 0 when it was told to stop, 1 when it failed. */
export async function runNode(options: DemoNodeOptions, screen: Screen): Promise<number> {
  let report: (event: DemoEvent) => void = (event) => tellEvent(event, options, screen)
  const node = new DemoNode(options, (event) => report(event))
  const execute: Execute = (command, timeoutMs) => node.execute(command, timeoutMs)
  const channel = openControlChannel({ execute, describe: failureOf, onGone: () => node.stop() })
  if (channel !== undefined) report = (event) => channel.report({ at: epochMs(), event })
  const unwatch = watchSignals(() => node.stop())
  const ended = new AbortController()
  if (channel === undefined) void listenToPerson(node, execute, screen, ended.signal)
  try {
    await node.run()
    return 0
  } catch (error) {
    const { code, message } = failureOf(error)
    const text = `${code}: ${message}`
    if (channel === undefined) screen.line(epochMs(), undefined, screen.style('red', text))
    else process.stderr.write(`${text}\n`)
    return 1
  } finally {
    ended.abort()
    unwatch()
  }
}

async function listenToPerson(
  node: DemoNode,
  execute: Execute,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const prompt = new NodePrompt(execute, screen)
  const { stdin: input, stdout: output } = process
  const carryOut = prompt.carryOut.bind(prompt)
  const why = await runLoop({ input, output, screen, scope: 'node', prompt: 'raft> ', carryOut, signal })
  // The end of a pipe or of /dev/null is no wish to stop: a node without a terminal ends by a signal.
  if (why === 'quit' || (why === 'end' && input.isTTY)) node.stop()
}
