package org.kcbridge.browser;

import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.Date;
import java.util.Optional;
import org.keycloak.models.UserModel;

/** Last day of an account, as the sync writes it: {@code YYYY-MM-DD} in the attribute {@code accountEnd}. */
final class AccountEnd {

    private static final String ATTRIBUTE = "accountEnd";

    private AccountEnd() {
    }

    /** @return the last day if it is over; a {@link Date} because the message itself says how its language writes one */
    static Optional<Date> past(UserModel user) {
        return read(user.getFirstAttribute(ATTRIBUTE))
                .filter(lastDay -> lastDay.isBefore(LocalDate.now()))
                .map(lastDay -> Date.from(lastDay.atStartOfDay(ZoneId.systemDefault()).toInstant()));
    }

    private static Optional<LocalDate> read(String text) {
        try {
            return Optional.ofNullable(text).map(LocalDate::parse);
        } catch (DateTimeParseException notADate) {
            return Optional.empty();
        }
    }
}
