/**
 * Returns whether a URL leads to this machine: `localhost`, a name under it, 127.0.0.0/8 or ::1.
 */
export const isLoopback = (baseUrl: string): boolean => {
  if (!URL.canParse(baseUrl)) return false;
  const { hostname } = new URL(baseUrl);
  return (
    hostname === '[::1]' ||
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
};
