/** The end of a switch over a closed set: the compiler proves that nothing arrives here. */
export function assertNever(value: never): never {
  throw new TypeError(`not in the protocol: ${JSON.stringify(value)}`)
}
