import { Menu, useMantineColorScheme } from '@mantine/core'
import { IconApi, IconDeviceDesktop, IconLogout, IconMoon, IconPresentation, IconShieldLock, IconSun } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { useSignOut } from '@/api/session'
import type { Me } from '@/api/types'
import { PersonBadge } from '@/ui/clinical'
import { usePreferences } from '@/ui/preferences'

import classes from './Shell.module.css'

export function UserMenu({ me }: { me: Me }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const { setColorScheme } = useMantineColorScheme()
  const presentation = usePreferences((state) => state.presentation)
  const setPresentation = usePreferences((state) => state.setPresentation)
  const appearances = [
    { value: 'dark', icon: IconMoon },
    { value: 'light', icon: IconSun },
    { value: 'auto', icon: IconDeviceDesktop },
  ] as const
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button type="button" className={classes.userButton} title={t('user.menu')}>
          <PersonBadge person={me} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('user.theme')}</Menu.Label>
        {appearances.map(({ value, icon: Icon }) => (
          <Menu.Item key={value} leftSection={<Icon size={16} aria-hidden />} onClick={() => setColorScheme(value)}>
            {t(`user.${value === 'auto' ? 'system' : value}`)}
          </Menu.Item>
        ))}
        <Menu.Item
          leftSection={<IconPresentation size={16} aria-hidden />}
          onClick={() => setPresentation(!presentation)}
        >
          {t(presentation ? 'devices:presentation.off' : 'devices:presentation.on')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconShieldLock size={16} aria-hidden />} onClick={() => void navigate('/account/security')}>
          {t('user.security')}
        </Menu.Item>
        <Menu.Item leftSection={<IconApi size={16} aria-hidden />} onClick={() => void navigate('/account/tokens')}>
          {t('user.tokens')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => signOut.mutate(undefined, { onSettled: () => void navigate('/sign-in') })}
        >
          {t('user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
