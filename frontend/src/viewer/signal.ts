export type Unsubscribe = () => void

/** A list of listeners; one that throws does not silence the others. */
export class Signal<Payload = void> {
  private readonly listeners = new Set<(payload: Payload) => void>()

  on(listener: (payload: Payload) => void): Unsubscribe {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(payload: Payload): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(payload)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
