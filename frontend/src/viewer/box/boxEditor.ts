import type { Vec3 } from '@/geometry'

import { Signal } from '../signal'
import { dragged, isSameBox, type Face, type PatientBox } from './box'

export interface EditedBox {
  readonly finding: string
  readonly frame_of_reference_uid: string
  /** As the model gave it. */
  readonly model: PatientBox
  readonly box: PatientBox
}

/** The one detection whose box is being moved, in every viewport at once. */
export class BoxEditor {
  readonly changed = new Signal()
  private current: EditedBox | null = null

  get editing(): EditedBox | null {
    return this.current
  }

  get isChanged(): boolean {
    return this.current !== null && !isSameBox(this.current.box, this.current.model)
  }

  begin(started: Omit<EditedBox, 'box'>): void {
    this.become({ ...started, box: started.model })
  }

  set(box: PatientBox): void {
    if (this.current !== null) this.become({ ...this.current, box })
  }

  drag(faces: readonly Face[], point: Vec3): void {
    if (this.current !== null) this.set(dragged(this.current.box, faces, point))
  }

  stop(finding?: string): void {
    if (finding === undefined || this.current?.finding === finding) this.become(null)
  }

  private become(next: EditedBox | null): void {
    if (next === this.current) return
    this.current = next
    this.changed.emit()
  }
}
