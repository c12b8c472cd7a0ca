// This machine's files, with every call written down, and failing, short or held back as a test wants.
import { type Done, type File, type FileSystem, nodeFileSystem, type OpenMode } from '../../src/index.js'

export type CallKind =
  | 'open'
  | 'close'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'makeDirectory'

export interface Call {
  readonly kind: CallKind
  /** The file's name, without the directory. */
  readonly name: string
  readonly mode?: OpenMode
  readonly bytes?: number
}

export class FaultyDisk implements FileSystem {
  readonly #disk: FileSystem
  readonly #names = new Map<File, string>()
  readonly writesThrough: boolean
  /** What was begun, in order; `<kind> <name>`, and `<kind> <name> done` when it ended. */
  readonly trace: string[] = []
  readonly #waiting = new Set<() => void>()
  /** An error to fail the call with, before it does anything. */
  judge: (call: Call) => Error | undefined = () => undefined
  /** How many bytes a write takes. */
  takes: (call: Call) => number | undefined = () => undefined
  /** What a call waits for before it does anything. */
  gate: (call: Call) => Promise<void> | undefined = () => undefined

  constructor(options: { readonly writesThrough?: boolean } = {}) {
    this.#disk = nodeFileSystem(options)
    this.writesThrough = this.#disk.writesThrough
  }

  makeDirectory(path: string): Promise<void> {
    return this.#call({ kind: 'makeDirectory', name: nameOf(path) }, () => this.#disk.makeDirectory(path))
  }

  list(path: string): Promise<string[]> {
    return this.#disk.list(path)
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    const name = nameOf(path)
    const file = await this.#call({ kind: 'open', name, mode }, () => this.#disk.open(path, mode))
    this.#names.set(file, name)
    return file
  }

  close(file: File): Promise<void> {
    return this.#call({ kind: 'close', name: this.#names.get(file)! }, () => this.#disk.close(file))
  }

  size(file: File): Promise<number> {
    return this.#disk.size(file)
  }

  read(file: File, bytes: Uint8Array, position: number): Promise<number> {
    return this.#disk.read(file, bytes, position)
  }

  write(
    file: File,
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: Error | null | undefined, written: number) => void,
  ): void {
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    const call: Call = { kind: 'write', name: this.#names.get(file)!, bytes }
    const taken = this.takes(call)
    const some = taken === undefined ? buffers : [Buffer.concat(buffers).subarray(0, taken)]
    let written = 0
    this.#call(call, () => {
      return new Promise<void>((resolve, reject) => {
        this.#disk.write(file, some, position, (error, count) => {
          written = count
          if (error) reject(error)
          else resolve()
        })
      })
    }).then(
      () => done(null, written),
      (error: Error) => done(error, 0),
    )
  }

  truncate(file: File, length: number): Promise<void> {
    const call: Call = { kind: 'truncate', name: this.#names.get(file)! }
    return this.#call(call, () => this.#disk.truncate(file, length))
  }

  sync(file: File, done: Done): void {
    this.#call({ kind: 'sync', name: this.#names.get(file)! }, () => {
      return new Promise<void>((resolve, reject) => {
        this.#disk.sync(file, (error) => (error ? reject(error) : resolve()))
      })
    }).then(() => done(), done)
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call({ kind: 'rename', name: nameOf(to) }, () => this.#disk.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#call({ kind: 'remove', name: nameOf(path) }, () => this.#disk.remove(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#call({ kind: 'syncDirectory', name: '.' }, () => this.#disk.syncDirectory(path))
  }

  lock(directory: string): Promise<(() => Promise<void>) | undefined> {
    return this.#disk.lock(directory)
  }

  randomU32(): number {
    return this.#disk.randomU32()
  }

  async #call<Result>(call: Call, run: () => Promise<Result>): Promise<Result> {
    this.#note(`${call.kind} ${call.name}`)
    await this.gate(call)
    const error = this.judge(call)
    if (error !== undefined) throw error
    const result = await run()
    this.#note(`${call.kind} ${call.name} done`)
    return result
  }

  #note(line: string): void {
    this.trace.push(line)
    for (const look of this.#waiting) look()
  }

  /** Resolves once a segment is prepared, and the storage knows it. */
  async prepared(times = 1): Promise<void> {
    await this.until(`rename ${String(times).padStart(16, '0')}.spare done`)
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Resolves once the trace holds `line`, `times` times. */
  until(line: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.trace.filter((one) => one === line).length < times) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }
}

/** A disk on which no segment is ever prepared: what is written stands where the test expects it. */
export function withoutSpares(): FaultyDisk {
  const disk = new FaultyDisk()
  disk.judge = ({ kind, name }) =>
    kind === 'open' && name === 'spare.tmp' ? systemError('ENOSPC') : undefined
  return disk
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
