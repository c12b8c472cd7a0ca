// Everything this storage asks of a machine. Whoever brings another disk (a simulator, a test) implements this.

/** A numeric file descriptor, or what stands for one. */
export type File = number

/**
 * - `read`: an existing file, to read.
 * - `write`: an existing file, to read, write and sync.
 * - `create`: a new file, to write and sync. Fails when there is one already.
 * - `log`, `create-log`: the same two for a log segment: with `writesThrough`, a completed write is a durable one.
 */
export type OpenMode = 'read' | 'write' | 'create' | 'log' | 'create-log'

export type Done = (error?: Error | null) => void

/** Paths are joined with '/'. A call that fails rejects, or calls back, with an Error that has the system's `code`. */
export interface FileSystem {
  /** True: writing to a `log` file needs no `sync`. */
  readonly writesThrough: boolean
  /** Creates the directory and what is missing above it, durably: also what somebody made and did not live to sync. */
  makeDirectory(path: string): Promise<void>
  /** The names in it. */
  list(path: string): Promise<string[]>
  open(path: string, mode: OpenMode): Promise<File>
  close(file: File): Promise<void>
  size(file: File): Promise<number>
  /** Reads into `bytes` from `position` on; fewer than asked for, down to 0 at the end of the file. */
  read(file: File, bytes: Uint8Array, position: number): Promise<number>
  /** Writes the buffers one after another from `position` on; possibly fewer bytes than they have. */
  write(
    file: File,
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: Error | null | undefined, written: number) => void,
  ): void
  /** Cuts the file off at `length` bytes, no more than it has. Durable after `sync`. */
  truncate(file: File, length: number): Promise<void>
  /** Makes what was written durable, with the file's length. */
  sync(file: File, done: Done): void
  /** Replaces `to` if it exists. Durable after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>
  /** Durable after `syncDirectory`. */
  remove(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  /**
   * Takes the directory for this opener alone, in whatever process or container; undefined when somebody has it. Ends
   * with the returned function, or with the process, however that ends.
   */
  lock(directory: string): Promise<(() => Promise<void>) | undefined>
  /** Four random bytes: the salt of a new segment. */
  randomU32(): number
}
