// @riverraft/simulator: a cluster under faults, from a seed. See README.md.
export { type Recording, Tape } from './world/tape.js'
