import { type BrandVariants, createDarkTheme, createLightTheme, type Theme } from '@fluentui/react-components';

/** One hue, evenly spaced in lightness (OKLCH); white on step 80 and step 110 on black both pass 4.5 : 1. */
const brand: BrandVariants = {
  10: '#060c1e',
  20: '#0d1633',
  30: '#14204a',
  40: '#1b2b62',
  50: '#243779',
  60: '#2e448d',
  70: '#3851a2',
  80: '#435eb4',
  90: '#536fc3',
  100: '#627ed1',
  110: '#738edc',
  120: '#859fe4',
  130: '#98afeb',
  140: '#adc0ef',
  150: '#c6d4f6',
  160: '#dce4f9',
};

export const lightTheme: Theme = createLightTheme(brand);

export const darkTheme: Theme = {
  ...createDarkTheme(brand),
  // The default steps of links and icons are too dark on a dark background for this hue.
  colorBrandForeground1: brand[120],
  colorBrandForeground2: brand[130],
  colorBrandForegroundLink: brand[120],
  colorBrandForegroundLinkHover: brand[130],
  colorBrandForegroundLinkPressed: brand[110],
  colorCompoundBrandForeground1: brand[120],
  colorBrandBackground2: brand[40],
  colorBrandStroke2: brand[70],
};
