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

/** Runs a command to its end with our own stdio and resolves to its `{ code, signal }`. */
export function run(toolchain, command, args, options = {}) {
  return ended(start(toolchain, command, args, { stdio: 'inherit', ...options })).then(
    ({ code, signal }) => ({
      code,
      signal,
    }),
  )
}

/**
 * Runs a command, shows what it prints unless `quiet`, and resolves to `{ code, signal, output }`. `signal` is also
 * set when we were interrupted and the command ended with a status of its own.
 */
export async function runCaptured(toolchain, command, args, { quiet = false, ...options } = {}) {
  const child = start(toolchain, command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let output = ''
  for (const [stream, shown] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
      if (!quiet) shown.write(text)
    })
  }
  const { code, signal, received } = await ended(child)
  return { code, signal: signal ?? received, output }
}

/** Ends this process the way the child ended: the same exit status, or the same signal. */
export function runToEnd(result) {
  if (result?.signal) process.kill(process.pid, result.signal)
  else process.exitCode = result?.code ?? 0
}

/** `command` is `node`, `pnpm` or the name of a program on PATH. */
function start(toolchain, command, args, options) {
  return spawn(toolchain?.[command] ?? command, args, { cwd: ROOT, env: environment(toolchain), ...options })
}

/** Waits for the child, passing on the signals we receive in the meantime. */
function ended(child) {
  let received = null
  const passOn = { SIGINT: !hasTerminal(), SIGTERM: true, SIGHUP: true }
  const handler = (signal) => {
    received = signal
    if (passOn[signal]) child.kill(signal)
  }
  for (const signal of Object.keys(passOn)) process.on(signal, handler)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, received }))
  }).finally(() => {
    for (const signal of Object.keys(passOn)) process.removeListener(signal, handler)
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
