/** The made-up company that `npm start` shows. Production never creates any of it. */

export interface DemoPerson {
  readonly signIn: string;
  readonly name: string;
  readonly department: string;
  readonly title: string;
  readonly office: string;
  readonly workPhone: string;
  readonly mobile: string;
  readonly administrator: boolean;
}

/** Everybody in the demo company signs in with this password; the demo listens on loopback only. */
export const demoPassword = 'ucmesh-demo';

const domain = 'northwind-harbour.example';

const departments: Readonly<Record<string, readonly (readonly [name: string, title: string])[]>> = {
  Sales: [
    ['Anna Becker', 'Head of Sales'],
    ['Ben Fischer', 'Account Executive'],
    ['Clara Nguyen', 'Account Executive'],
    ['David Okafor', 'Sales Engineer'],
    ['Eva Lindqvist', 'Key Account Lead'],
    ['Felix Braun', 'Inside Sales'],
  ],
  Support: [
    ['Greta Hoffmann', 'Head of Support'],
    ['Hugo Martin', 'Support Engineer'],
    ['Ines Costa', 'Support Engineer'],
    ['Jonas Weber', 'Support Engineer'],
    ['Karla Novak', 'Service Desk'],
    ['Leon Schäfer', 'Service Desk'],
  ],
  Engineering: [
    ['Mara Rossi', 'Head of Engineering'],
    ['Nils Johansson', 'Software Engineer'],
    ['Olivia Grant', 'Software Engineer'],
    ['Paul Zimmermann', 'Systems Engineer'],
    ['Quentin Dubois', 'Test Engineer'],
    ['Rosa Álvarez', 'Software Engineer'],
  ],
  Administration: [
    ['Samuel Koch', 'Administrator'],
    ['Tessa Vogel', 'Managing Director'],
    ['Umar Haddad', 'Controller'],
    ['Vera Kowalska', 'Human Resources'],
    ['Wim de Vries', 'Purchasing'],
    ['Zoe Papadakis', 'Reception'],
  ],
};

/** "Rosa Álvarez" → "rosa": first names are unique in the demo company. */
function signInOf(name: string): string {
  const first = name.split(' ')[0] ?? name;
  return first.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The 24 people of the demo company in their 4 departments. */
export const demoPeople: readonly DemoPerson[] = Object.entries(departments).flatMap(([department, people], floor) =>
  people.map(([name, title], desk) => ({
    signIn: signInOf(name),
    name,
    department,
    title,
    office: `${floor + 1}.${String(desk + 1).padStart(2, '0')}`,
    workPhone: `+49 30 555 ${floor + 1}${desk + 1}0`,
    mobile: `+49 151 555 0${floor + 1}${desk + 1}`,
    administrator: signInOf(name) === 'samuel',
  })),
);

export const demoDepartments: readonly string[] = Object.keys(departments);

export const emailOf = ({ signIn }: DemoPerson): string => `${signIn}@${domain}`;

/** Home servers are spread evenly inside each department, so that every department spans all servers. */
export const homeServerOf = (index: number, serverCount: number): string => `server-${(index % serverCount) + 1}`;
