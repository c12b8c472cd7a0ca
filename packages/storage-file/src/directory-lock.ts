// One opener at a time, by a listening socket in the directory: the kernel closes it with its process. See ADR 0020.
import { createHash, randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { link, open, readdir, realpath, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'

/** Releases the lock. */
export type Release = () => Promise<void>

const NAME = /^lock-(\d+)$/

export async function lockDirectory(directory: string): Promise<Release | undefined> {
  return process.platform === 'win32' ? lockByPipe(directory) : lockBySocket(directory)
}

/** Whether somebody has it, asked without changing anything; undefined when this process may not ask. */
export async function isLocked(directory: string): Promise<boolean | undefined> {
  try {
    if (process.platform === 'win32') return (await probe(await pipeOf(directory))) === 'held'
    return await withShortPath(directory, async (base) => {
      const highest = Math.max(0, ...(await numbers(base)))
      return highest > 0 && (await probe(`${base}/lock-${highest}`)) === 'held'
    })
  } catch (error) {
    if (codeOf(error) === 'EACCES') return undefined
    throw error
  }
}

/** A socket's path has room for about 100 bytes: the way through the descriptor is always short enough. */
async function withShortPath<Result>(
  directory: string,
  use: (base: string) => Promise<Result>,
): Promise<Result> {
  const handle = await open(directory, constants.O_RDONLY)
  try {
    return await use(existsSync('/proc/self/fd') ? `/proc/self/fd/${handle.fd}` : directory)
  } finally {
    await handle.close()
  }
}

/**
 * The files `lock-<n>` are sockets; the highest n is the one that counts. It is never removed, only succeeded: whoever
 * finds nobody listening there links its own, already listening, socket as n + 1, which only one can.
 */
function lockBySocket(directory: string): Promise<Release | undefined> {
  return withShortPath(directory, async (base) => {
    const own = `${base}/lock-new-${randomBytes(6).toString('hex')}`
    const server = await listen(own)
    try {
      const taken = await succeed(base, own)
      await unlink(own)
      if (taken) return () => closed(server)
    } catch (error) {
      await closed(server)
      throw error
    }
    await closed(server)
    return undefined
  })
}

/** Makes `own` the highest lock, unless somebody listens at the highest. */
async function succeed(base: string, own: string): Promise<boolean> {
  for (;;) {
    const highest = Math.max(0, ...(await numbers(base)))
    if (highest > 0) {
      const answer = await probe(`${base}/lock-${highest}`)
      if (answer === 'held') return false
      if (answer === 'gone') continue
    }
    const mine = highest + 1
    try {
      await link(own, `${base}/lock-${mine}`)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      throw error
    }
    const others = await numbers(base)
    if (Math.max(...others) > mine) {
      // What we had seen was old, and a number is used again only below the highest: somebody is ahead of us.
      await unlink(`${base}/lock-${mine}`)
      continue
    }
    for (const number of others) if (number < mine) await unlink(`${base}/lock-${number}`).catch(() => {})
    return true
  }
}

async function numbers(base: string): Promise<number[]> {
  const names = await readdir(base)
  return names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
}

/** The kernel answers for the holder, so a stopped or busy one counts as well. */
function probe(path: string): Promise<'held' | 'free' | 'gone'> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve('held')
    })
    socket.on('error', (error) => {
      const code = codeOf(error)
      if (code === 'ECONNREFUSED') resolve('free')
      else if (code === 'ENOENT') resolve('gone')
      else if (code === 'EAGAIN' || code === 'ECONNRESET') resolve('held')
      else reject(error)
    })
  })
}

/** Windows: a pipe named after the directory, in one namespace for the machine. */
async function lockByPipe(directory: string): Promise<Release | undefined> {
  try {
    const server = await listen(await pipeOf(directory))
    return () => closed(server)
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return undefined
    throw error
  }
}

async function pipeOf(directory: string): Promise<string> {
  const name = createHash('sha256')
    .update((await realpath(directory)).toLowerCase())
    .digest('hex')
  return `\\\\.\\pipe\\riverraft-${name}`
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.on('error', reject)
    // Exclusive: a cluster worker would otherwise get a socket that lives in the primary process.
    server.listen({ path, exclusive: true }, () => {
      server.unref()
      resolve(server)
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code
}
