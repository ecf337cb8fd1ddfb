/** The mark: three servers as one circle of people. The same drawing stands in `client/public/icon.svg`. */
export function Logo({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect width="64" height="64" rx="15" fill="#435eb4" />
      <path d="M32 17 L47 43 L17 43 Z" fill="none" stroke="#adc0ef" strokeWidth="4" strokeLinejoin="round" />
      <circle cx="32" cy="18" r="8" fill="#ffffff" />
      <circle cx="17" cy="43" r="8" fill="#ffffff" />
      <circle cx="47" cy="43" r="8" fill="#ffffff" />
      <circle cx="47" cy="43" r="4" fill="#13a10e" />
    </svg>
  );
}
