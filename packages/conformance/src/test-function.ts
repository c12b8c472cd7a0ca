// How a suite meets the test runner of whoever uses it.

/** Declares one test, as test runners do: `test` of node:test, vitest, jest, mocha's `it`. */
export type DeclareTest = (name: string, body: () => Promise<void>) => unknown

/** Calls `use` once with a place of its own, and clears away what it left, also when `use` rejects. */
export type WithPlace<Place> = (use: (place: Place) => Promise<void>) => Promise<void>
