/** Its plate, by which its owner calls it. */
export const truck = '赣B·T5821';

/** The two sensors of the truck: the second took the first one's place on the way. */
export const truckSensors = ['reefer-01', 'reefer-02'] as const;
