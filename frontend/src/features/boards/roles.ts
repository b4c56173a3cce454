import type { BoardRole } from '@/api/types'

export const BOARD_ROLES: BoardRole[] = ['chair', 'coordinator', 'core', 'extended', 'observer']

/** Chair and coordinator run a board: members, meetings, agenda. The server decides. */
export const runsBoard = (role: string | null | undefined): boolean => role === 'chair' || role === 'coordinator'
