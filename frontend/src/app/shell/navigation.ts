import {
  type Icon,
  IconAdjustments,
  IconCalendarEvent,
  IconChartBar,
  IconChecklist,
  IconHome,
  IconListDetails,
  IconShieldSearch,
  IconSparkles,
  IconTemplate,
  IconTopologyStar3,
} from '@tabler/icons-react'

import type { Me } from '@/api/types'

export interface Destination {
  key: 'home' | 'worklist' | 'meetings' | 'templates' | 'followUp' | 'numbers' | 'findings' | 'models' | 'admin' | 'audit'
  to: string
  /** Screens that are reached from it and do not lie below its address. */
  also?: string
  icon: Icon
  /** Key after `g`. */
  hotkey: string
  /** Who is shown the door; the server decides who passes. */
  visibleTo: (me: Me) => boolean
}

const everybody = () => true
const role = (wanted: string) => (me: Me) => me.system_roles.includes(wanted)

export const destinations: Destination[] = [
  { key: 'home', to: '/', icon: IconHome, hotkey: 'h', visibleTo: everybody },
  { key: 'worklist', to: '/worklist', also: '/intake', icon: IconListDetails, hotkey: 'w', visibleTo: everybody },
  { key: 'meetings', to: '/meetings', icon: IconCalendarEvent, hotkey: 'm', visibleTo: everybody },
  { key: 'templates', to: '/templates', icon: IconTemplate, hotkey: 't', visibleTo: everybody },
  { key: 'followUp', to: '/follow-up', icon: IconChecklist, hotkey: 'o', visibleTo: everybody },
  { key: 'numbers', to: '/numbers', icon: IconChartBar, hotkey: 'n', visibleTo: everybody },
  { key: 'findings', to: '/findings', icon: IconSparkles, hotkey: 'f', visibleTo: everybody },
  { key: 'models', to: '/models', also: '/automation', icon: IconTopologyStar3, hotkey: 'a', visibleTo: everybody },
  { key: 'admin', to: '/admin', icon: IconAdjustments, hotkey: 's', visibleTo: role('system_admin') },
  { key: 'audit', to: '/audit', icon: IconShieldSearch, hotkey: 'u', visibleTo: role('auditor') },
]
