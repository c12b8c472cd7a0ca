import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BootstrapError } from './errors.mjs'
import { TOOLCHAIN_DIR } from './paths.mjs'

const LOCK_FILE = join(TOOLCHAIN_DIR, 'lock')
const WAIT_MS_MAX = 5 * 60_000

/**
 * Runs `body` while no other bootstrap prepares this tree: two at once would install into one node_modules.
 * The second one waits and says so. A lock whose owner is gone (killed, power cut) is taken over.
 */
export async function withLock(body) {
  mkdirSync(TOOLCHAIN_DIR, { recursive: true })
  await acquire()
  process.once('exit', release)
  try {
    return await body()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

async function acquire() {
  const deadline = Date.now() + WAIT_MS_MAX
  let announced = 0
  while (!tryCreate()) {
    const owner = readOwner()
    if (owner === undefined) continue
    if (!isAlive(owner)) {
      takeAway(owner)
      continue
    }
    if (announced !== owner) {
      process.stderr.write(`bootstrap: process ${owner} is preparing this tree; waiting for it\n`)
      announced = owner
    }
    if (Date.now() > deadline) {
      throw new BootstrapError(
        'BOOTSTRAP_BUSY',
        `process ${owner} has been preparing this tree for over ${WAIT_MS_MAX / 60_000} minutes.\n` +
          'Wait for it to finish or end it, then run the same command again.',
      )
    }
    await sleep(100)
  }
}

/** The lock appears with its owner in it: a link is made of a finished file, or not at all. */
function tryCreate() {
  const own = `${LOCK_FILE}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    linkSync(own, LOCK_FILE)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

/** The owner's process id; undefined when the lock has just been released. */
function readOwner(file = LOCK_FILE) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Removes a dead owner's lock. Of several waiters one succeeds; what is not the dead owner's is put back. */
function takeAway(owner) {
  const grave = `${LOCK_FILE}.${process.pid}.old`
  try {
    renameSync(LOCK_FILE, grave)
    if (readOwner(grave) !== owner) linkSync(grave, LOCK_FILE)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    rmSync(grave, { force: true })
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function release() {
  if (readOwner() === process.pid) rmSync(LOCK_FILE, { force: true })
}
