import type { Vec3 } from '@/geometry'

/** How long a laser's way is seen behind it. */
export const TRAIL_MS = 450

interface Step {
  readonly point: Vec3
  readonly at_ms: number
}

/** Where the lasers of a room have been a moment ago. */
export class Trails {
  private readonly steps = new Map<string, Step[]>()

  /** The way so far, oldest first; `point` is where it is now. */
  follow(user: string, point: Vec3, now_ms: number): readonly Vec3[] {
    const before = this.fresh(user, now_ms)
    const last = before.at(-1)?.point
    const isNew = last === undefined || last.some((value, axis) => value !== point[axis])
    this.steps.set(user, isNew ? [...before, { point, at_ms: now_ms }] : before)
    return before.map((step) => step.point)
  }

  end(user: string): void {
    this.steps.delete(user)
  }

  /** Something is still fading. */
  get isMoving(): boolean {
    return [...this.steps.values()].some((steps) => steps.length > 0)
  }

  private fresh(user: string, now_ms: number): Step[] {
    return (this.steps.get(user) ?? []).filter(({ at_ms }) => now_ms - at_ms < TRAIL_MS)
  }
}
