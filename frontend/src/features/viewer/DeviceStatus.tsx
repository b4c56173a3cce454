import { Menu } from '@mantine/core'
import { IconCpu, IconDeviceDesktop, IconPhotoDown, IconPresentation } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { usePreferences } from '@/ui/preferences'
import { deviceWishes, PICTURE_MODES, wishMode } from '@/viewer/device'

import safety from './safety.module.css'
import { useDevice } from './useDevice'

const MIB = 1024 * 1024

/** How this machine shows pictures, why, and a way to choose otherwise. In the strip. */
export default function DeviceStatus() {
  const { t } = useTranslation('devices')
  const device = useDevice()
  const presentation = usePreferences((state) => state.presentation)
  const setPresentation = usePreferences((state) => state.setPresentation)
  const wish = deviceWishes().mode
  const renderer = t(`renderer.${device.lost ? 'lost' : device.renderer}`)
  const Icon =
    device.mode === 'pictures' ? IconPhotoDown : device.renderer === 'gpu' ? IconDeviceDesktop : IconCpu
  const choices = [null, ...PICTURE_MODES] as const
  return (
    <Menu position="top-end" width={300} closeOnItemClick={false} withinPortal={false}>
      <Menu.Target>
        <button type="button" className={safety.status} data-testid="device-status">
          <Icon size={13} aria-hidden />
          {t('status', { mode: t(`modeShort.${device.mode}`), renderer })}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('mode.label')}</Menu.Label>
        {choices.map((mode) => (
          <Menu.RadioItem
            key={mode ?? 'automatic'}
            value={mode ?? 'automatic'}
            checked={wish === mode}
            onChange={() => wishMode(mode)}
          >
            {t(`mode.${mode ?? 'automatic'}`)}
          </Menu.RadioItem>
        ))}
        <Menu.Label>
          {t(`reason.${device.reason}`)} {t('memory', { mib: Math.round(device.memory_bytes / MIB) })}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconPresentation size={15} aria-hidden />}
          rightSection={<kbd>{t('presentation.keys')}</kbd>}
          onClick={() => setPresentation(!presentation)}
        >
          {t(presentation ? 'presentation.off' : 'presentation.on')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
