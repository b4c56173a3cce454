interface User {
  readonly id: string
  readonly display_name: string
  readonly discipline: string
}

/** Everybody who is here, by a window or in the room, once; screens are nobody. */
export function peopleHere(
  online: readonly { readonly user: User; readonly place: boolean }[],
  attendance: readonly { readonly user: User; readonly present: boolean; readonly how: string }[],
): User[] {
  const here = new Map<string, User>()
  for (const one of online) if (!one.place) here.set(one.user.id, one.user)
  // Whoever only joined by a window is in the list above as long as it is open.
  for (const one of attendance) {
    if (one.present && one.how !== 'joined' && !here.has(one.user.id)) here.set(one.user.id, one.user)
  }
  return [...here.values()]
}
