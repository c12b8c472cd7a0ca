import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { delimiter } from 'node:path'
import { ROOT } from './paths.mjs'

/** The environment of every child: the pinned tools first, and no tool that phones home. */
export function environment(toolchain) {
  const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const plain = !process.stdout.isTTY && process.env.FORCE_COLOR === undefined
  return {
    ...process.env,
    ...(plain ? { NO_COLOR: '1' } : {}),
    [pathKey]: [...(toolchain?.binDirs ?? []), process.env[pathKey] ?? ''].join(delimiter),
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  }
}

/**
 * Runs a command to its end with our own stdio, passing signals on, and resolves to `{ code, signal }`.
 * `command` is `node`, `pnpm` or a path.
 */
export function run(toolchain, command, args, options = {}) {
  const child = start(toolchain, command, args, { stdio: 'inherit', ...options })
  const forward = { SIGINT: !hasTerminal(), SIGTERM: true, SIGHUP: true }
  const handlers = Object.entries(forward).map(([signal, passOn]) => {
    const handler = () => passOn && child.kill(signal)
    process.on(signal, handler)
    return [signal, handler]
  })
  return ended(child).finally(() => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler)
  })
}

/** Runs a command, shows what it prints, and resolves to `{ code, signal, output }`. */
export async function runCaptured(toolchain, command, args, options = {}) {
  const child = start(toolchain, command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let output = ''
  for (const [stream, shown] of [
    [child.stdout, options.quiet ? undefined : process.stdout],
    [child.stderr, options.quiet ? undefined : process.stderr],
  ]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
      shown?.write(text)
    })
  }
  return { ...(await ended(child)), output }
}

/** Ends this process the way the child ended: the same exit status, or the same signal. */
export function runToEnd(result) {
  if (result?.signal) process.kill(process.pid, result.signal)
  else process.exitCode = result?.code ?? 0
}

function start(toolchain, command, args, options) {
  const { quiet: _, ...spawnOptions } = options
  const file = toolchain?.[command] ?? command
  return spawn(file, args, { cwd: ROOT, env: environment(toolchain), ...spawnOptions })
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

/** With a terminal Ctrl-C reaches the child by itself; a second SIGINT from us would read as "at once". */
function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
