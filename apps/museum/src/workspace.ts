// Where the sources are.
import { join } from 'node:path'

/** The museum is never published: it runs where the sources are. */
export const PACKAGES: string = join(import.meta.dirname, '../../../packages')
