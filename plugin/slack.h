/* Gives the calling thread back the timer slack that it had before this library. */
void slack_end (void);
