-- What is kept of attendees to find them by: `o'brien` is one word now.

update event set attendee_text = translate(attendee_text, '''’ʼ`´‘', '')
where attendee_text <> '';
