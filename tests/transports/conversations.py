"""What callers say and what there is to say to them, turn by turn, in each language.

A turn is what is heard, if a time is said in it, and then the answer.
"""

TALKS = {
    "en": [
        ("There is one calendar: My calendar.",),
        (
            "today at three in the afternoon",
            "I'm sorry, we're closed on Sundays. The nearest free times are tomorrow at 3 PM, "
            "Tuesday the 24th at 3 PM, or tomorrow at 9 AM.",
        ),
        (
            "tuesday afternoon",
            "I have Tuesday the 24th at noon, 12:30 PM, or 1 PM. Which one suits you?",
        ),
        (
            "tuesday at half past two",
            "Yes, Tuesday, November 24th at 2:30 PM is free.",
        ),
        (
            "next tuesday at two thirty",
            "Do you mean Tuesday the 24th or Tuesday, December 1st?",
        ),
        (
            "monday the twenty fourth at two thirty pm",
            "Do you mean Tuesday the 24th or tomorrow?",
        ),
        (
            "on tuesday the twenty fourth",
            "What time suits you: Tuesday the 24th?",
        ),
        (
            "tuesday the twenty fourth at half past two in the afternoon",
            "Tuesday, November 24th at 2:30 PM with Jane Doe, for 30 minutes. Shall I book it?",
        ),
        ("It's confirmed: Tuesday, November 24th at 2:30 PM with Jane Doe. Your code is {code}.",),
        (
            "uh tuesday at two thirty pm please",
            "I'm sorry, that time is taken. The nearest free times are Wednesday the 25th at "
            "2:30 PM, Tuesday the 24th at 3 PM, or tomorrow at 2:30 PM.",
        ),
        (
            "tomorrow at noon",
            "It's booked: tomorrow at noon. Your code is {other}.",
        ),
        ("You have one booking: Check-up, Tuesday, November 24th at 2:30 PM.",),
        (
            "tomorrow",
            "friday",
            "There are two bookings: Visit, tomorrow at noon and Check-up, Tuesday, November "
            "24th at 2:30 PM.",
        ),
        (
            "let's say thursday at nine in the morning",
            "I'm sorry, we're closed that day: Thanksgiving. The nearest free times are Friday "
            "the 27th at 9 AM, Wednesday the 25th at 9 AM, or 4:30 PM.",
        ),
        (
            "then friday at six in the evening",
            "I'm sorry, we're open from 9 AM to 5 PM that day. The nearest free times are "
            "Friday the 27th at 4:30 PM, 4 PM, or 3:30 PM.",
        ),
        (
            "friday at a quarter to five in the afternoon",
            "I'm sorry, there wouldn't be enough time: we're open from 9 AM to 5 PM that day. "
            "The nearest free times are Friday the 27th at 4:30 PM, Wednesday the 25th at 4:30 "
            "PM, or Friday the 27th at 4 PM.",
        ),
        (
            "friday morning at nine",
            "I've moved it from Tuesday, November 24th at 2:30 PM to Friday, November 27th at 9"
            " AM.",
        ),
        ("Noted: Jane Doe is coming.",),
        ("Check-up: Friday, November 27th at 9 AM with Jane Doe. It's confirmed.",),
        ("It's cancelled: Friday, November 27th at 9 AM with Jane Doe.",),
        ("It was cancelled already: Friday, November 27th at 9 AM with Jane Doe.",),
        (
            "monday at nine in the morning",
            "I'm sorry, a cancelled booking can't be changed. Shall I make a new one?",
        ),
        ("I'm sorry, I can't find that booking. Could you give me the code again, or the name?",),
        ("I found no booking.",),
    ],
    "pt-BR": [
        ("Há uma agenda: My calendar.",),
        (
            "hoje às três da tarde",
            "Desculpe, não atendemos aos domingos. Os horários livres mais próximos são amanhã "
            "às 15h, terça-feira, dia 24, às 15h ou amanhã às 9h.",
        ),
        (
            "terça à tarde",
            "Tenho terça-feira, dia 24, ao meio-dia, às 12h30 ou às 13h. Qual fica melhor?",
        ),
        (
            "terça às duas e meia da tarde",
            "Sim, está livre: terça-feira, 24 de novembro, às 14h30.",
        ),
        (
            "terça que vem às duas e meia da tarde",
            "Você quer dizer terça-feira, dia 24 ou terça-feira, 1º de dezembro?",
        ),
        (
            "segunda dia vinte e quatro às duas e meia da tarde",
            "Você quer dizer terça-feira, dia 24 ou amanhã?",
        ),
        (
            "na terça dia vinte e quatro",
            "Que horas ficam bem: terça-feira, dia 24?",
        ),
        (
            "terça dia vinte e quatro às duas e meia da tarde",
            "Terça-feira, 24 de novembro, às 14h30, com Jane Doe, por 30 minutos. Posso marcar?",
        ),
        (
            "Está confirmado: terça-feira, 24 de novembro, às 14h30, com Jane Doe. Seu código é"
            " {code}.",
        ),
        (
            "é, terça às catorze e trinta, por favor",
            "Desculpe, esse horário já está ocupado. Os horários livres mais próximos são "
            "quarta-feira, dia 25, às 14h30, terça-feira, dia 24, às 15h ou amanhã às 14h30.",
        ),
        (
            "amanhã ao meio-dia",
            "Está marcado: amanhã ao meio-dia. Seu código é {other}.",
        ),
        ("Você tem um horário marcado: Check-up, terça-feira, 24 de novembro, às 14h30.",),
        (
            "amanhã",
            "sexta",
            "Há dois horários marcados: Visit, amanhã ao meio-dia e Check-up, terça-feira, 24 "
            "de novembro, às 14h30.",
        ),
        (
            "pode ser quinta às nove da manhã",
            "Desculpe, nesse dia não atendemos: Thanksgiving. Os horários livres mais próximos "
            "são sexta-feira, dia 27, às 9h, quarta-feira, dia 25, às 9h ou às 16h30.",
        ),
        (
            "então sexta às seis da tarde",
            "Desculpe, nesse dia atendemos das 9h às 17h. Os horários livres mais próximos são "
            "sexta-feira, dia 27, às 16h30, às 16h ou às 15h30.",
        ),
        (
            "sexta às quinze para as cinco da tarde",
            "Desculpe, não daria tempo: nesse dia atendemos das 9h às 17h. Os horários livres "
            "mais próximos são sexta-feira, dia 27, às 16h30, quarta-feira, dia 25, às 16h30 ou"
            " sexta-feira, dia 27, às 16h.",
        ),
        (
            "sexta às nove da manhã",
            "Remarquei: era terça-feira, 24 de novembro, às 14h30, agora é sexta-feira, 27 de "
            "novembro, às 9h.",
        ),
        ("Anotado: Jane Doe vem.",),
        ("Check-up: sexta-feira, 27 de novembro, às 9h, com Jane Doe. Está confirmado.",),
        ("Está cancelado: sexta-feira, 27 de novembro, às 9h, com Jane Doe.",),
        ("Já estava cancelado: sexta-feira, 27 de novembro, às 9h, com Jane Doe.",),
        (
            "segunda às nove da manhã",
            "Desculpe, um horário cancelado não pode ser alterado. Quer que eu marque outro?",
        ),
        (
            "Desculpe, não encontro esse horário marcado. Pode me dizer de novo o código, ou o "
            "nome?",
        ),
        ("Não encontrei nenhum horário marcado.",),
    ],
    "es": [
        ("Hay un calendario: My calendar.",),
        (
            "hoy a las tres de la tarde",
            "Lo siento, los domingos no abrimos. Las horas libres más próximas son mañana a las"
            " 15:00, el martes 24 a las 15:00 o mañana a las 9:00.",
        ),
        (
            "el martes por la tarde",
            "Tengo el martes 24 al mediodía, a las 12:30 o a las 13:00. ¿Cuál le viene mejor?",
        ),
        (
            "el martes a las dos y media de la tarde",
            "Sí, el martes 24 de noviembre a las 14:30 está libre.",
        ),
        (
            "el próximo martes a las dos y media de la tarde",
            "¿Quiere decir el martes 24 o el martes 1 de diciembre?",
        ),
        (
            "el lunes veinticuatro a las dos y media de la tarde",
            "¿Quiere decir el martes 24 o mañana?",
        ),
        (
            "el martes veinticuatro",
            "¿A qué hora le viene bien: el martes 24?",
        ),
        (
            "el martes veinticuatro a las dos y media de la tarde",
            "El martes 24 de noviembre a las 14:30 con Jane Doe, durante 30 minutos. ¿Lo reservo?",
        ),
        (
            "Queda confirmado: el martes 24 de noviembre a las 14:30 con Jane Doe. Su código es"
            " {code}.",
        ),
        (
            "eh el martes a las catorce treinta por favor",
            "Lo siento, esa hora ya está ocupada. Las horas libres más próximas son el "
            "miércoles 25 a las 14:30, el martes 24 a las 15:00 o mañana a las 14:30.",
        ),
        (
            "mañana al mediodía",
            "Queda reservado: mañana al mediodía. Su código es {other}.",
        ),
        ("Tiene una cita: Check-up, el martes 24 de noviembre a las 14:30.",),
        (
            "mañana",
            "el viernes",
            "Hay dos citas: Visit, mañana al mediodía y Check-up, el martes 24 de noviembre a "
            "las 14:30.",
        ),
        (
            "el jueves a las nueve de la mañana",
            "Lo siento, ese día no abrimos: Thanksgiving. Las horas libres más próximas son el "
            "viernes 27 a las 9:00, el miércoles 25 a las 9:00 o a las 16:30.",
        ),
        (
            "pues el viernes a las seis de la tarde",
            "Lo siento, ese día abrimos de las 9:00 a las 17:00. Las horas libres más próximas "
            "son el viernes 27 a las 16:30, a las 16:00 o a las 15:30.",
        ),
        (
            "el viernes a las cinco menos cuarto de la tarde",
            "Lo siento, no daría tiempo: ese día abrimos de las 9:00 a las 17:00. Las horas "
            "libres más próximas son el viernes 27 a las 16:30, el miércoles 25 a las 16:30 o "
            "el viernes 27 a las 16:00.",
        ),
        (
            "el viernes a las nueve de la mañana",
            "Lo he cambiado: era el martes 24 de noviembre a las 14:30 y ahora es el viernes 27"
            " de noviembre a las 9:00.",
        ),
        ("Anotado: Jane Doe viene.",),
        ("Check-up: el viernes 27 de noviembre a las 9:00 con Jane Doe. Está confirmado.",),
        ("Queda cancelado: el viernes 27 de noviembre a las 9:00 con Jane Doe.",),
        ("Ya estaba cancelado: el viernes 27 de noviembre a las 9:00 con Jane Doe.",),
        (
            "el lunes a las nueve de la mañana",
            "Lo siento, una cita cancelada no se puede cambiar. ¿Le reservo otra?",
        ),
        ("Lo siento, no encuentro esa cita. ¿Me repite el código, o el nombre?",),
        ("No he encontrado ninguna cita.",),
    ],
}
