import type { LesionBody, MeasurementBody } from '@/protocol/generated'

/** What people say of a lesion; number and tracking UID are the server's. */
export type Saying = Pick<LesionBody, 'label' | 'site' | 'role' | 'is_node'>

/** Where lesions come from and go to: REST alone, or the live room's ops. */
export interface LesionStore {
  readonly items: readonly LesionBody[]
  /** Null when this person may not name any. */
  readonly write: LesionWrites | null
}

export interface LesionWrites {
  /** Under an id of the caller's; true once it stands. */
  create(id: string, saying: Saying): Promise<boolean>
  revise(id: string, saying: Saying): void
  remove(id: string): void
}

/** The measurement that has the place of `item` at this lesion: one of its kind in its study. */
export const inItsPlace = (
  item: MeasurementBody,
  lesion: string,
  all: readonly MeasurementBody[],
): MeasurementBody | undefined =>
  all.find(
    (other) =>
      other.id !== item.id &&
      other.lesion === lesion &&
      other.kind === item.kind &&
      other.study_instance_uid === item.study_instance_uid,
  )
