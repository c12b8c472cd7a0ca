// @riverraft/storage-file: a replica's log, votes and snapshots in a directory, durable. See README.md and FORMAT.md.
export {
  type FileStorage,
  type FileStorageOptions,
  type FileStorageStats,
  fileStorage,
} from './file-storage.js'
export type { Done, File, FileSystem, OpenMode } from './file-system.js'
export { type NodeFileSystemOptions, nodeFileSystem } from './node-file-system.js'
