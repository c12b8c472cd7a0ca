// `riverraft-demo node`: a node in this process, serving a launcher, a terminal, or nobody but a log.
import { openControlChannel } from '../control/channel.js'
import { type DemoEvent, epochMs, failureOf } from '../control/events.js'
import { UsageError } from '../parsers.js'
import { runLoop } from '../prompt/loop.js'
import { watchSignals } from '../signals.js'
import { describeListing, withNames } from '../ui/answers.js'
import type { Screen } from '../ui/screen.js'
import { DemoNode } from './demo-node.js'
import type { NodeFlags } from './flags.js'
import { type Execute, NodePrompt } from './node-prompt.js'
import { type ResolvedNode, resolveNode } from './resolve.js'
import { invite, shortName, tellEvent } from './tell-event.js'

/** A setTimeout of more days than a person waits for a majority. */
const LONG_MS = 7 * 86_400_000

/**
 * Resolves with the exit status: 0 when it was told to stop, 1 when it failed.
 * @throws UsageError
 */
export async function runNode(flags: NodeFlags, screen: Screen): Promise<number> {
  let resolved: ResolvedNode | undefined
  try {
    resolved = await resolveNode(flags)
    await runResolved(resolved, screen)
    return 0
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code, message } = failureOf(error)
    const text = `${code}: ${process.send === undefined ? withNames(message, shortName) : message}`
    if (process.send === undefined) screen.line(epochMs(), undefined, screen.style('red', text))
    else process.stderr.write(`${text}\n`)
    return 1
  } finally {
    await resolved?.dispose()
  }
}

async function runResolved({ options }: ResolvedNode, screen: Screen): Promise<void> {
  let report: (event: DemoEvent) => void = (event) => {
    if (event.type === 'listening') addresses = event.addresses
    tellEvent(event, options, screen)
    if (event.type === 'raft-started' && event.lastIndex > 0) {
      void welcomeBack(event.lastIndex, execute, screen)
    }
  }
  const node = new DemoNode(options, (event) => report(event))
  const execute: Execute = (command, timeoutMs) => node.execute(command, timeoutMs)
  const channel = openControlChannel({ execute, describe: failureOf, onGone: () => node.stop() })
  if (channel !== undefined) report = (event) => channel.report({ at: epochMs(), event })
  const unwatch = watchSignals(() => node.stop())
  const ended = new AbortController()
  let addresses: readonly string[] = []
  const howToJoin = () => invite(addresses, options, screen)
  if (channel === undefined) void listenToPerson(node, execute, howToJoin, screen, ended.signal)
  try {
    await node.run()
  } finally {
    ended.abort()
    unwatch()
  }
}

/** What was recovered is shown as soon as a majority is back: before that, nobody knows how much of it was committed. */
async function welcomeBack(entries: number, execute: Execute, screen: Screen): Promise<void> {
  try {
    const answer = await execute({ type: 'list', prefix: '' }, LONG_MS)
    if (answer.type !== 'list') return
    screen.line(epochMs(), undefined, `welcome back: ${entries} entries, ${describeListing(answer)}`)
  } catch {
    // The node stopped before a majority was there, and says so itself.
  }
}

async function listenToPerson(
  node: DemoNode,
  execute: Execute,
  howToJoin: () => void,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const prompt = new NodePrompt(execute, screen, howToJoin)
  const { stdin: input, stdout: output } = process
  const carryOut = prompt.carryOut.bind(prompt)
  const why = await runLoop({ input, output, screen, scope: 'node', prompt: 'raft> ', carryOut, signal })
  // The end of a pipe or of /dev/null is no wish to stop: a node without a terminal ends by a signal.
  if (why === 'quit' || (why === 'end' && input.isTTY)) node.stop()
}
